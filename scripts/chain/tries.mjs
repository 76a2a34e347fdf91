// tries.mjs COUNT [SEED]: writes COUNT random tries, with the root that an independent
// implementation (@ethereumjs/mpt) gives them, as official trie tests have it: `in` a list of puts
// and removals, `root`. For `conformance trie_tests`; exits with 3 when the packages are absent.
import { loadTrie } from '../contracts/deps.mjs';
import { Random } from '../contracts/random.mjs';

const count = Number(process.argv[2] ?? 1000);
const random = new Random(process.argv[3] ?? 1);
const { MerklePatriciaTrie } = await loadTrie();

const hex = (bytes) => '0x' + Buffer.from(bytes).toString('hex');

// Few different nibbles make keys part late and be prefixes of each other.
function makeKey(shape) {
    const mask = [0x11, 0x33, 0xff][shape.nibbles];
    const size = shape.fixed ? 32 : 1 + random.below(shape.longest);
    const key = Uint8Array.from({ length: size }, () => random.below(256) & mask);
    if (shape.fixed && shape.alike) {
        key.fill(0x5a, 0, random.below(31));
    }
    return key;
}

function makeValue(shape) {
    const size = 1 + random.below(shape.large ? 300 : 40);
    return Uint8Array.from({ length: size }, () => random.below(256));
}

async function makeTest() {
    const shape = {
        nibbles: random.below(3), fixed: random.chance(40), alike: random.chance(30),
        longest: 1 + random.below(5), large: random.chance(10),
    };
    const contents = new Map();
    const steps = [];
    const length = random.below(random.chance(5) ? 200 : 24);
    for (let i = 0; i < length; i++) {
        if (contents.size > 0 && random.chance(10)) {
            const key = random.pick([...contents.keys()]);
            contents.delete(key);
            steps.push([key, null]);
            continue;
        }
        const key = hex(makeKey(shape));
        contents.set(key, hex(makeValue(shape)));
        steps.push([key, contents.get(key)]);
    }
    return { in: steps, root: await rootOf(contents) };
}

// Only of what is left: in 108 of 10,000 tries the package's own removal (10.1.3) leaves another
// root than a trie that never held the key, where a key is a prefix of another.
async function rootOf(contents) {
    const trie = new MerklePatriciaTrie();
    for (const [key, value] of contents) {
        await trie.put(Buffer.from(key.slice(2), 'hex'), Buffer.from(value.slice(2), 'hex'));
    }
    return hex(trie.root());
}

process.stdout.write('{\n');
for (let i = 0; i < count; i++) {
    process.stdout.write(`${i > 0 ? ',\n' : ''}"random ${i}": ${JSON.stringify(await makeTest())}`);
}
process.stdout.write('\n}\n');
