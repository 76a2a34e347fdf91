// replay.mjs: sets the independent EVM up for one sample of contracts/samples.json.
import { Machine, fromHex } from './machine.mjs';

/** A machine in the sample's fork with all accounts, and the message to run. */
export async function setUp({ env, accounts }, sample) {
    const machine = await Machine.create(sample.fork, env);
    for (const [address, account] of Object.entries({ ...accounts, ...sample.pre })) {
        await machine.putAccount(address, account);
    }
    const message = {
        to: sample.to ?? undefined, input: fromHex(sample.input), gasLimit: sample.gas_limit,
        value: sample.value, isStatic: sample.static === true,
    };
    return { machine, message };
}

export async function prepareSample(file, name) {
    const sample = file.samples.find((one) => one.name === name);
    if (sample === undefined) {
        throw new Error(`no sample ${name}`);
    }
    return setUp(file, sample);
}
