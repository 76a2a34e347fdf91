// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A Merkle tree over numbered leaves and the proofs of an airdrop: built, proven, checked.
contract Merkle {
    /// Builds the tree of 2^height leaves, then checks `count` proofs; each fifth is given for the
    /// neighbour's leaf and must fail.
    function run(uint256 height, uint256 count) external pure returns (bytes32 root, uint256 good) {
        unchecked {
            bytes32[] memory tree = build(height);
            root = tree[1];
            bytes32[] memory proof = new bytes32[](height);
            for (uint256 i = 0; i < count; i++) {
                uint256 number = (i * 7919) & ((1 << height) - 1);
                prove(proof, tree, number);
                uint256 claimed = i % 5 == 4 ? number ^ 1 : number;
                if (climb(leaf(claimed), proof) == root) {
                    good++;
                }
            }
        }
    }

    /// Node 1 is the root, the children of node n are 2n and 2n+1.
    function build(uint256 height) private pure returns (bytes32[] memory tree) {
        unchecked {
            uint256 width = 1 << height;
            tree = new bytes32[](2 * width);
            for (uint256 i = 0; i < width; i++) {
                tree[width + i] = leaf(i);
            }
            for (uint256 node = width - 1; node > 0; node--) {
                tree[node] = pair(tree[2 * node], tree[2 * node + 1]);
            }
        }
    }

    function prove(bytes32[] memory proof, bytes32[] memory tree, uint256 number) private pure {
        unchecked {
            uint256 node = tree.length / 2 + number;
            for (uint256 level = 0; level < proof.length; level++) {
                proof[level] = tree[node ^ 1];
                node >>= 1;
            }
        }
    }

    function climb(bytes32 hash, bytes32[] memory proof) private pure returns (bytes32) {
        unchecked {
            for (uint256 level = 0; level < proof.length; level++) {
                hash = pair(hash, proof[level]);
            }
            return hash;
        }
    }

    /// A leaf is the hash of a holder and an amount, hashed twice so that it is no inner node.
    function leaf(uint256 number) private pure returns (bytes32) {
        unchecked {
            bytes32 once = pair64(bytes32(0x1000 + number), bytes32(number * number + 1));
            return pair64(once, once);
        }
    }

    /// The smaller of two hashes goes first, so a proof needs no sides.
    function pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? pair64(a, b) : pair64(b, a);
    }

    function pair64(bytes32 a, bytes32 b) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, a)
            mstore(32, b)
            hash := keccak256(0, 64)
        }
    }
}
