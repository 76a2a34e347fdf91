// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Multiples of the generator of secp256k1: Jacobian coordinates, double-and-add, one inversion by
/// Fermat at the end. Almost all work is MULMOD and ADDMOD.
contract Curve {
    uint256 private constant P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant GX =
        0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
    uint256 private constant GY =
        0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8;

    /// (X, Y, Z) stands for (X/Z^2, Y/Z^3); Z = 0 is the point at infinity.
    struct Point {
        uint256 x;
        uint256 y;
        uint256 z;
    }

    /// Adds up, coordinate by coordinate and modulo p, the points k_i * G for k_i = keccak256(i)
    /// mod n, i below `count`.
    function run(uint256 count) external pure returns (uint256 sumX, uint256 sumY) {
        unchecked {
            Point memory point;
            for (uint256 i = 0; i < count; i++) {
                (uint256 x, uint256 y) = multiply(uint256(keccak256(abi.encode(i))) % N, point);
                sumX = addmod(sumX, x, P);
                sumY = addmod(sumY, y, P);
            }
        }
    }

    /// k * G in affine coordinates; `point` is the work space.
    function multiply(uint256 k, Point memory point) private pure returns (uint256, uint256) {
        unchecked {
            point.x = 1;
            point.y = 1;
            point.z = 0;
            for (uint256 i = 256; i > 0; i--) {
                twice(point);
                if ((k >> (i - 1)) & 1 == 1) {
                    addGenerator(point);
                }
            }
            uint256 inverse = power(point.z, P - 2);
            uint256 square = mulmod(inverse, inverse, P);
            return (mulmod(point.x, square, P), mulmod(point.y, mulmod(square, inverse, P), P));
        }
    }

    /// point := 2 * point (y^2 = x^3 + 7, so no term with a).
    function twice(Point memory point) private pure {
        unchecked {
            (uint256 x, uint256 y) = (point.x, point.y);
            uint256 ySquare = mulmod(y, y, P);
            uint256 s = mulmod(4, mulmod(x, ySquare, P), P);
            uint256 m = mulmod(3, mulmod(x, x, P), P);
            uint256 x3 = addmod(mulmod(m, m, P), P - addmod(s, s, P), P);
            point.z = mulmod(2, mulmod(y, point.z, P), P);
            point.x = x3;
            uint256 eightYFourth = mulmod(8, mulmod(ySquare, ySquare, P), P);
            point.y = addmod(mulmod(m, addmod(s, P - x3, P), P), P - eightYFourth, P);
        }
    }

    /// point := point + G, with G in affine coordinates.
    function addGenerator(Point memory point) private pure {
        unchecked {
            (uint256 x, uint256 y, uint256 z) = (point.x, point.y, point.z);
            if (z == 0) {
                (point.x, point.y, point.z) = (GX, GY, 1);
                return;
            }
            uint256 zSquare = mulmod(z, z, P);
            uint256 h = addmod(mulmod(GX, zSquare, P), P - x, P);
            uint256 r = addmod(mulmod(GY, mulmod(zSquare, z, P), P), P - y, P);
            if (h == 0) {
                if (r == 0) {
                    twice(point);
                } else {
                    point.z = 0;
                }
                return;
            }
            uint256 hSquare = mulmod(h, h, P);
            uint256 hCube = mulmod(hSquare, h, P);
            uint256 v = mulmod(x, hSquare, P);
            uint256 x3 = addmod(mulmod(r, r, P), P - addmod(hCube, addmod(v, v, P), P), P);
            point.x = x3;
            point.y = addmod(mulmod(r, addmod(v, P - x3, P), P), P - mulmod(y, hCube, P), P);
            point.z = mulmod(z, h, P);
        }
    }

    function power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        unchecked {
            result = 1;
            for (; exponent != 0; exponent >>= 1) {
                if (exponent & 1 == 1) {
                    result = mulmod(result, base, P);
                }
                base = mulmod(base, base, P);
            }
        }
    }
}
