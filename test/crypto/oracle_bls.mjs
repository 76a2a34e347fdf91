// oracle_bls.mjs: judges cases of EIP-2537 and point evaluation by @noble/curves, written from the
// EIPs' text.
//
//   bls_cases OPERATION COUNT SEED | node oracle_bls.mjs NODE_MODULES
//
// Reads "OPERATION INPUT OUTPUT" a line ("-" for a refusal); says how many agreed and how many of
// them were refusals; prints a case that differs and ends with status 1.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { resolve } from "node:path";

const modules = resolve(process.argv[2]);
const { bls12_381: bls } = await import(`${modules}/@noble/curves/bls12-381.js`);

const { Fp2, Fp12 } = bls.fields;
const P = BigInt(
  "0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624" +
    "1eabfffeb153ffffb9feffffffffaaab",
);
const R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const TAU_G2 =
  "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d" +
  "2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2" +
  "3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2";

class Refused extends Error {}

function require(condition, what) {
  if (!condition) {
    throw new Refused(what);
  }
}

const number = (bytes) => BigInt("0x" + Buffer.from(bytes).toString("hex"));
const slot = (value, size) => value.toString(16).padStart(2 * size, "0");

function fp(bytes) {
  require(bytes.subarray(0, 16).every((byte) => byte === 0), "padding");
  const value = number(bytes);
  require(value < P, "field");
  return value;
}

const fp2 = (bytes) => ({ c0: fp(bytes.subarray(0, 64)), c1: fp(bytes.subarray(64, 128)) });

function g1(bytes, inGroup) {
  const x = fp(bytes.subarray(0, 64));
  const y = fp(bytes.subarray(64, 128));
  if (x === 0n && y === 0n) {
    return bls.G1.Point.ZERO;
  }
  require((y * y - x * x * x - 4n) % P === 0n, "curve");
  const point = bls.G1.Point.fromAffine({ x, y });
  require(!inGroup || point.isTorsionFree(), "subgroup");
  return point;
}

function g2(bytes, inGroup) {
  const x = fp2(bytes.subarray(0, 128));
  const y = fp2(bytes.subarray(128, 256));
  if (Fp2.is0(x) && Fp2.is0(y)) {
    return bls.G2.Point.ZERO;
  }
  const right = Fp2.add(Fp2.mul(Fp2.sqr(x), x), { c0: 4n, c1: 4n });
  require(Fp2.eql(Fp2.sqr(y), right), "curve");
  const point = bls.G2.Point.fromAffine({ x, y });
  require(!inGroup || point.isTorsionFree(), "subgroup");
  return point;
}

function encodeG1(point) {
  if (point.is0()) {
    return slot(0n, 128);
  }
  const { x, y } = point.toAffine();
  return slot(x, 64) + slot(y, 64);
}

function encodeG2(point) {
  if (point.is0()) {
    return slot(0n, 256);
  }
  const { x, y } = point.toAffine();
  return [x.c0, x.c1, y.c0, y.c1].map((value) => slot(value, 64)).join("");
}

function msm(bytes, pointSize, decode, zero) {
  const termSize = pointSize + 32;
  let sum = zero;
  for (let at = 0; at < bytes.length; at += termSize) {
    const point = decode(bytes.subarray(at, at + pointSize), true);
    const scalar = number(bytes.subarray(at + pointSize, at + termSize)) % R;
    if (scalar !== 0n && !point.is0()) {
      sum = sum.add(point.multiplyUnsafe(scalar));
    }
  }
  return sum;
}

const isOne = (pairs) =>
  Fp12.eql(bls.pairingBatch(pairs.filter((pair) => !pair.g1.is0() && !pair.g2.is0())), Fp12.ONE);

function pairing(bytes) {
  const pairs = [];
  for (let at = 0; at < bytes.length; at += 384) {
    pairs.push({
      g1: g1(bytes.subarray(at, at + 128), true),
      g2: g2(bytes.subarray(at + 128, at + 384), true),
    });
  }
  return slot(isOne(pairs) ? 1n : 0n, 32);
}

function compressed(bytes) {
  if (bytes[0] === 0xc0 && bytes.subarray(1).every((byte) => byte === 0)) {
    return bls.G1.Point.ZERO;
  }
  require((bytes[0] & 0xc0) === 0x80, "flags");
  const masked = Uint8Array.from(bytes);
  masked[0] &= 0x1f;
  require(number(masked) < P, "field");
  let point;
  try {
    point = bls.G1.Point.fromBytes(Uint8Array.from(bytes));
  } catch {
    throw new Refused("curve");
  }
  require(point.isTorsionFree(), "subgroup");
  return point;
}

const times = (point, scalar) =>
  scalar === 0n || point.is0() ? bls.G1.Point.ZERO : point.multiplyUnsafe(scalar);

function kzg(bytes) {
  const hash = createHash("sha256").update(bytes.subarray(96, 144)).digest();
  hash[0] = 1;
  require(hash.equals(bytes.subarray(0, 32)), "hash");
  const z = number(bytes.subarray(32, 64));
  const y = number(bytes.subarray(64, 96));
  require(z < R && y < R, "scalar");
  const commitment = compressed(bytes.subarray(96, 144));
  const proof = compressed(bytes.subarray(144, 192));
  const tau = bls.G2.Point.fromBytes(Uint8Array.from(Buffer.from(TAU_G2, "hex")));
  // e(C - y G1, -G2) e(pi, tau G2 - z G2) = 1, the specification's form
  const shifted = z === 0n ? tau : tau.subtract(bls.G2.Point.BASE.multiplyUnsafe(z));
  const left = commitment.subtract(times(bls.G1.Point.BASE, y));
  require(
    isOne([
      { g1: left, g2: bls.G2.Point.BASE.negate() },
      { g1: proof, g2: shifted },
    ]),
    "proof",
  );
  return slot(4096n, 32) + slot(R, 32);
}

const operations = {
  g1_add: (b) => encodeG1(g1(b.subarray(0, 128)).add(g1(b.subarray(128)))),
  g2_add: (b) => encodeG2(g2(b.subarray(0, 256)).add(g2(b.subarray(256)))),
  g1_msm: (b) => encodeG1(msm(b, 128, g1, bls.G1.Point.ZERO)),
  g2_msm: (b) => encodeG2(msm(b, 256, g2, bls.G2.Point.ZERO)),
  pairing,
  map_g1: (b) => encodeG1(bls.G1.mapToCurve(fp(b))),
  map_g2: (b) => {
    const { c0, c1 } = fp2(b);
    return encodeG2(bls.G2.mapToCurve([c0, c1]));
  },
  kzg,
};

function judge(operation, input) {
  try {
    return operations[operation](Buffer.from(input, "hex"));
  } catch (error) {
    if (error instanceof Refused) {
      return "-";
    }
    throw error;
  }
}

let count = 0;
let refused = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const [operation, input, output] = line.split(" ");
  const want = judge(operation, input);
  if (want !== output) {
    console.log(`${operation} ${input}\n  got  ${output}\n  want ${want}`);
    process.exit(1);
  }
  count++;
  refused += want === "-" ? 1 : 0;
}
console.log(`${count} cases, ${refused} of them refusals`);
