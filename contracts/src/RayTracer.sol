// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A small ray tracer: five balls on a chequered floor under one lamp, with shadows and mirrors.
/// Fixed-point numbers with 32 fractional bits, vectors as memory structs. Answers the picture as
/// red, green, blue bytes, row by row from the top.
contract RayTracer {
    int256 private constant ONE = 1 << 32;
    int256 private constant NEAR = ONE >> 10; // closer hits are the surface a ray starts from
    int256 private constant FAR = ONE << 16;
    uint256 private constant BOUNCES = 3;

    struct Vector {
        int256 x;
        int256 y;
        int256 z;
    }

    struct Ball {
        Vector center;
        int256 radius;
        Vector color;
        int256 mirror; // share of the light that is reflected
    }

    struct Hit {
        int256 distance;
        Vector normal;
        Vector color;
        int256 mirror;
    }

    function render(uint256 width, uint256 height) external pure returns (bytes memory picture) {
        unchecked {
            Ball[] memory balls = scene();
            picture = new bytes(3 * width * height);
            uint256 free;
            assembly ("memory-safe") {
                free := mload(64)
            }
            for (uint256 i = 0; i < width * height; i++) {
                int256 across = int256(2 * (i % width) + 1) * ONE / int256(height);
                int256 down = int256(2 * (i / width) + 1) * ONE / int256(height);
                int256 left = int256(width) * ONE / int256(height);
                Vector memory eye = Vector(0, ONE + (ONE >> 1), -5 * ONE);
                Vector memory ray = unit(Vector(across - left, ONE / 2 - down, 2 * ONE));
                Vector memory light = trace(balls, eye, ray);
                picture[3 * i] = channel(light.x);
                picture[3 * i + 1] = channel(light.y);
                picture[3 * i + 2] = channel(light.z);
                assembly ("memory-safe") {
                    mstore(64, free) // the vectors of this pixel are dead
                }
            }
        }
    }

    function scene() private pure returns (Ball[] memory balls) {
        unchecked {
            balls = new Ball[](5);
            balls[0] = ball(0, 100, 0, 100, 0xe04040, 35);
            balls[1] = ball(-210, 70, -40, 70, 0x40c060, 20);
            balls[2] = ball(200, 80, 30, 80, 0x4060e0, 45);
            balls[3] = ball(-85, 35, -190, 35, 0xf0c030, 10);
            balls[4] = ball(105, 45, -170, 45, 0xe0e0e0, 70);
        }
    }

    /// A ball from whole numbers: hundredths for place, radius and mirror, 0xrrggbb for the colour.
    function ball(int256 x, int256 y, int256 z, int256 radius, int256 rgb, int256 mirror)
        private
        pure
        returns (Ball memory)
    {
        unchecked {
            int256 green = (rgb >> 8) & 255;
            int256 blue = rgb & 255;
            Vector memory color =
                Vector((rgb >> 16) * ONE / 255, green * ONE / 255, blue * ONE / 255);
            Vector memory center = Vector(x * ONE / 100, y * ONE / 100, z * ONE / 100);
            return Ball(center, radius * ONE / 100, color, mirror * ONE / 100);
        }
    }

    /// The light that comes back along a ray.
    function trace(Ball[] memory balls, Vector memory from, Vector memory ray)
        private
        pure
        returns (Vector memory light)
    {
        unchecked {
            int256 share = ONE;
            for (uint256 bounce = 0; bounce < BOUNCES && share > ONE / 50; bounce++) {
                Hit memory hit = nearest(balls, from, ray);
                if (hit.distance == FAR) {
                    return plus(light, sky(ray), share);
                }
                from = plus(from, ray, hit.distance);
                int256 seen = mul(share, ONE - hit.mirror);
                light = plus(light, hit.color, mul(seen, shade(balls, from, hit.normal)));
                share = mul(share, hit.mirror);
                ray = plus(ray, hit.normal, -2 * dot(ray, hit.normal));
            }
        }
    }

    function nearest(Ball[] memory balls, Vector memory from, Vector memory ray)
        private
        pure
        returns (Hit memory hit)
    {
        unchecked {
            hit.distance = FAR;
            for (uint256 i = 0; i < balls.length; i++) {
                int256 distance = reach(balls[i], from, ray);
                if (distance < hit.distance) {
                    Vector memory place = plus(from, ray, distance);
                    hit.distance = distance;
                    hit.normal = unit(plus(place, balls[i].center, -ONE));
                    hit.color = balls[i].color;
                    hit.mirror = balls[i].mirror;
                }
            }
            if (ray.y < 0) {
                int256 distance = -from.y * ONE / ray.y;
                if (distance > NEAR && distance < hit.distance) {
                    hit.distance = distance;
                    hit.normal = Vector(0, ONE, 0);
                    hit.color = floorColor(plus(from, ray, distance));
                    hit.mirror = ONE / 8;
                }
            }
        }
    }

    /// Distance along the ray to the ball, or FAR.
    function reach(Ball memory target, Vector memory from, Vector memory ray)
        private
        pure
        returns (int256)
    {
        unchecked {
            Vector memory offset = plus(from, target.center, -ONE);
            int256 along = dot(offset, ray);
            int256 rest = dot(offset, offset) - mul(target.radius, target.radius);
            int256 square = mul(along, along) - rest;
            if (square < 0) {
                return FAR;
            }
            int256 distance = -along - root(square);
            return distance > NEAR ? distance : FAR;
        }
    }

    /// How bright the lamp makes a surface: a little everywhere, more where nothing is in between.
    function shade(Ball[] memory balls, Vector memory place, Vector memory normal)
        private
        pure
        returns (int256)
    {
        unchecked {
            Vector memory lamp = unit(Vector(-3 * ONE, 5 * ONE, -4 * ONE));
            int256 facing = dot(normal, lamp);
            if (facing <= 0) {
                return ONE / 8;
            }
            for (uint256 i = 0; i < balls.length; i++) {
                if (reach(balls[i], place, lamp) != FAR) {
                    return ONE / 8;
                }
            }
            return ONE / 8 + mul(facing, ONE - ONE / 8);
        }
    }

    function sky(Vector memory ray) private pure returns (Vector memory) {
        unchecked {
            int256 high = ray.y > 0 ? ray.y : int256(0);
            return Vector(ONE * 9 / 10 - high / 2, ONE * 9 / 10 - high / 4, ONE);
        }
    }

    function floorColor(Vector memory place) private pure returns (Vector memory) {
        unchecked {
            bool dark = ((place.x >> 32) + (place.z >> 32)) & 1 == 0;
            return dark
                ? Vector(ONE / 5, ONE / 5, ONE / 4)
                : Vector(ONE * 4 / 5, ONE * 4 / 5, ONE * 3 / 4);
        }
    }

    function plus(Vector memory a, Vector memory b, int256 times)
        private
        pure
        returns (Vector memory)
    {
        unchecked {
            return Vector(a.x + mul(b.x, times), a.y + mul(b.y, times), a.z + mul(b.z, times));
        }
    }

    function dot(Vector memory a, Vector memory b) private pure returns (int256) {
        unchecked {
            return (a.x * b.x + a.y * b.y + a.z * b.z) >> 32;
        }
    }

    function unit(Vector memory a) private pure returns (Vector memory) {
        unchecked {
            int256 size = root(dot(a, a));
            return Vector(a.x * ONE / size, a.y * ONE / size, a.z * ONE / size);
        }
    }

    function mul(int256 a, int256 b) private pure returns (int256) {
        unchecked {
            return (a * b) >> 32;
        }
    }

    /// Square root of a fixed-point number that is not negative: Newton's steps from a power of two
    /// above it, downwards until nothing changes.
    function root(int256 value) private pure returns (int256) {
        unchecked {
            if (value == 0) {
                return 0;
            }
            uint256 wide = uint256(value) << 32;
            uint256 guess;
            assembly ("memory-safe") {
                guess := shl(shr(1, sub(257, clz(wide))), 1)
            }
            while (true) {
                uint256 better = (guess + wide / guess) >> 1;
                if (better >= guess) {
                    return int256(guess);
                }
                guess = better;
            }
            return 0;
        }
    }

    function channel(int256 light) private pure returns (bytes1) {
        unchecked {
            int256 level = (light * 255) >> 32;
            return bytes1(uint8(uint256(level > 255 ? int256(255) : level)));
        }
    }
}
