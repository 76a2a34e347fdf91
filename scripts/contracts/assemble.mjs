// assemble.mjs: a small EVM assembler. One token after the other becomes code; nothing is reordered
// or optimised, so the source shows every byte.
//
//   ; to the end of the line          comment
//   ADD, PUSH0, DUP3 ...              the opcode of that name (Osaka)
//   42  0xff  0x00ff                  push of the number; hex digits keep their width, 0 is PUSH0
//   NAME = 42                         constant; NAME pushes it from then on
//   here:                             JUMPDEST; @here pushes its position (PUSH2)
//   here::                            mark without JUMPDEST, for data and code parts
//   @a-b                              pushes the distance of two marks
//   .bytes 0x6001                     raw bytes
//
// The opcode names come from the independent EVM of the tests, so there is no second list.
import { loadEthereum } from './deps.mjs';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export async function opcodeTable() {
    const { evm, common } = await loadEthereum();
    const chain = new common.Common({ chain: common.Mainnet, hardfork: common.Hardfork.Osaka });
    const machine = await evm.createEVM({ common: chain });
    const table = new Map();
    for (const [code, info] of machine.getActiveOpcodes()) {
        table.set(info.fullName, code);
    }
    return table;
}

function pushBytes(token) {
    let hex = token.startsWith('0x') ? token.slice(2) : BigInt(token).toString(16);
    if (hex.length % 2 !== 0) {
        hex = `0${hex}`;
    }
    if (!token.startsWith('0x') && BigInt(token) === 0n) {
        return [0x5f];
    }
    if (hex.length > 64 || hex.length === 0) {
        throw new Error(`${token} does not fit a push`);
    }
    return [0x5f + hex.length / 2, ...Buffer.from(hex, 'hex')];
}

function resolveMark(marks, reference) {
    const [end, start] = reference.split('-');
    for (const name of [end, start]) {
        if (name !== undefined && !marks.has(name)) {
            throw new Error(`mark ${name} is not defined`);
        }
    }
    return marks.get(end) - (start === undefined ? 0 : marks.get(start));
}

/** Source text -> code bytes. `table` comes from opcodeTable(). */
export function assemble(source, table) {
    const code = [];
    const marks = new Map();
    const constants = new Map();
    const fixups = [];
    const tokens = source.replace(/;.*$/gm, '').split(/\s+/).filter((token) => token !== '');
    for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i];
        if (tokens[i + 1] === '=') {
            constants.set(token, tokens[i + 2]);
            i += 2;
        } else if (token.endsWith(':')) {
            const name = token.replace(/:+$/, '');
            if (!NAME.test(name) || marks.has(name)) {
                throw new Error(`bad or repeated mark ${token}`);
            }
            marks.set(name, code.length);
            if (!token.endsWith('::')) {
                code.push(table.get('JUMPDEST'));
            }
        } else if (token.startsWith('@')) {
            fixups.push([code.length + 1, token.slice(1)]);
            code.push(table.get('PUSH2'), 0, 0);
        } else if (token === '.bytes') {
            code.push(...Buffer.from(tokens[++i].slice(2), 'hex'));
        } else if (/^(0x[0-9a-fA-F]+|[0-9]+)$/.test(token)) {
            code.push(...pushBytes(token));
        } else if (constants.has(token)) {
            code.push(...pushBytes(constants.get(token)));
        } else if (table.has(token) && !/^PUSH[1-9]/.test(token)) {
            code.push(table.get(token));
        } else {
            throw new Error(`unknown token ${token}`);
        }
    }
    for (const [at, reference] of fixups) {
        const value = resolveMark(marks, reference);
        code[at] = value >> 8;
        code[at + 1] = value & 0xff;
    }
    return Uint8Array.from(code);
}
