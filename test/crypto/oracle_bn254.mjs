// oracle_bn254.mjs: judges cases of EIP-196 and EIP-197 by @noble/curves, written from the EIPs'
// text.
//
//   bn254_cases OPERATION COUNT SEED | node oracle_bn254.mjs NODE_MODULES
//
// Reads "OPERATION INPUT OUTPUT" a line ("-" for a refusal); says how many agreed and how many of
// them were refusals; prints a case that differs and ends with status 1.
import { createInterface } from "node:readline";
import { resolve } from "node:path";

const modules = resolve(process.argv[2]);
const { bn254 } = await import(`${modules}/@noble/curves/bn254.js`);

const { Fp2, Fp12 } = bn254.fields;
const P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;
const N = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;
const TWIST_B = Fp2.div({ c0: 3n, c1: 0n }, { c0: 9n, c1: 1n });

class Refused extends Error {}

function require(condition, what) {
  if (!condition) {
    throw new Refused(what);
  }
}

const number = (bytes) => BigInt("0x" + Buffer.from(bytes).toString("hex"));
const slot = (value) => value.toString(16).padStart(64, "0");

function coordinate(bytes, index) {
  const value = number(bytes.subarray(32 * index, 32 * index + 32));
  require(value < P, "field");
  return value;
}

function g1(bytes) {
  const [x, y] = [0, 1].map((index) => coordinate(bytes, index));
  if (x === 0n && y === 0n) {
    return bn254.G1.Point.ZERO;
  }
  require((y * y - x * x * x - 3n) % P === 0n, "curve");
  return bn254.G1.Point.fromAffine({ x, y });
}

// Membership by definition: n q = 0, as (n - 1) q = -q.
function g2(bytes) {
  const [x1, x0, y1, y0] = [0, 1, 2, 3].map((index) => coordinate(bytes, index));
  const x = { c0: x0, c1: x1 };
  const y = { c0: y0, c1: y1 };
  if (Fp2.is0(x) && Fp2.is0(y)) {
    return bn254.G2.Point.ZERO;
  }
  require(Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), TWIST_B)), "curve");
  const point = bn254.G2.Point.fromAffine({ x, y });
  require(point.multiplyUnsafe(N - 1n).equals(point.negate()), "subgroup");
  return point;
}

function encode(point) {
  if (point.is0()) {
    return slot(0n) + slot(0n);
  }
  const { x, y } = point.toAffine();
  return slot(x) + slot(y);
}

function mul(bytes) {
  const point = g1(bytes);
  const scalar = number(bytes.subarray(64)) % N;
  return encode(point.is0() || scalar === 0n ? bn254.G1.Point.ZERO : point.multiplyUnsafe(scalar));
}

function pairing(bytes) {
  const pairs = [];
  for (let at = 0; at < bytes.length; at += 192) {
    pairs.push({ g1: g1(bytes.subarray(at)), g2: g2(bytes.subarray(at + 64)) });
  }
  const product = bn254.pairingBatch(pairs.filter((pair) => !pair.g1.is0() && !pair.g2.is0()));
  return slot(Fp12.eql(product, Fp12.ONE) ? 1n : 0n);
}

const operations = {
  add: (bytes) => encode(g1(bytes).add(g1(bytes.subarray(64)))),
  mul,
  pairing,
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
