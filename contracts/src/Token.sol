// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// An ERC-20 token: balances and allowances in mappings, an event for each change, the owner mints.
contract Token {
    string public constant name = "Cold Heap Coin";
    string public constant symbol = "COLD";
    uint8 public constant decimals = 18;

    address public immutable owner;
    uint256 public totalSupply;
    mapping(address holder => uint256) public balanceOf;
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed holder, address indexed spender, uint256 value);

    error NotOwner(address caller);
    error TooLittle(address holder, uint256 has, uint256 needs);
    error NotAllowed(address spender, uint256 has, uint256 needs);

    constructor() {
        owner = msg.sender;
    }

    function mint(address to, uint256 value) external returns (bool) {
        if (msg.sender != owner) {
            revert NotOwner(msg.sender);
        }
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < value) {
            revert NotAllowed(msg.sender, allowed, value);
        }
        if (allowed != type(uint256).max) {
            allowance[from][msg.sender] = allowed - value;
        }
        move(from, to, value);
        return true;
    }

    function move(address from, address to, uint256 value) private {
        uint256 has = balanceOf[from];
        if (has < value) {
            revert TooLittle(from, has, value);
        }
        unchecked {
            balanceOf[from] = has - value;
        }
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}

/// A market day for Token: every step is a call from contract to contract, as on the real chain.
contract TokenBench {
    uint256 private constant CROWD = 64; // holders 0x1000 .. 0x103f

    Token private immutable token = new Token();

    function holder(uint256 number) private pure returns (address) {
        return address(uint160(0x1000 + number));
    }

    /// One mint to ourselves, then `count` transfers to a crowd of 64.
    function transfers(uint256 count) external returns (uint256) {
        token.mint(address(this), count * 1 ether);
        for (uint256 i = 0; i < count; i++) {
            token.transfer(holder(i % CROWD), 1 ether - i);
        }
        return token.balanceOf(address(this));
    }

    /// `count` mints, each fourth to a new holder.
    function mints(uint256 count) external returns (uint256) {
        for (uint256 i = 0; i < count; i++) {
            token.mint(holder(i % 4 == 0 ? CROWD + i : i % CROWD), i * 1 gwei);
        }
        return token.totalSupply();
    }

    /// `count` times approve and transferFrom of our own coins; each eighth asks for too much,
    /// reverts and is caught.
    function approvals(uint256 count) external returns (uint256 refused) {
        token.mint(address(this), count * 1 ether);
        for (uint256 i = 0; i < count; i++) {
            uint256 value = 1 gwei + i;
            token.approve(address(this), value);
            uint256 asked = i % 8 == 7 ? value + 1 : value;
            try token.transferFrom(address(this), holder(i % CROWD), asked) returns (bool) {}
            catch {
                refused++;
            }
        }
    }
}
