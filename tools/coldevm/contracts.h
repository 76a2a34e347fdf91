/** contracts.h: the project's own contracts, embedded: code, calldata and what each must answer.
 *
 *  The one idea: contracts/ in the repository is the source, cmake/EmbedContracts.cmake turns it
 *  into one generated C file of the build tree, and tools read this table. Nothing is parsed at run
 *  time and no file is opened. How each number came about stands in contracts/README.md.
 *
 *  All cases run in one environment: block number 1, timestamp 1000, coinbase 0, prevrandao 0, base
 *  fee 0, blob base fee 1, block gas limit 10^12, chain id 1, gas price 0, value 0; the sender has
 *  2^100 wei and nonce 0. Warm at the start: sender, called address, coinbase, precompiles. */
#ifndef COLDEVM_CONTRACTS_H
#define COLDEVM_CONTRACTS_H

#include <stddef.h>
#include <stdint.h>

/** How the code of a case becomes an account. */
typedef enum coldevm_contract_mode {
    COLDEVM_CONTRACT_INITCODE, /* a creation by the sender (its nonce 0), then the call */
    COLDEVM_CONTRACT_RUNTIME   /* put as it is with nonce 1, without deploying */
} coldevm_contract_mode;

/** One case. All pointers are to static read-only data and never NULL. */
typedef struct coldevm_contract {
    const char *name;
    const char *stresses; /* what it is made to be hard on, one line */
    const char *fork;     /* rules that the expectations hold for */
    coldevm_contract_mode mode;
    const uint8_t *code;
    size_t code_size_bytes;
    const uint8_t *input;
    size_t input_size_bytes;
    const uint8_t *output; /* the whole output; output_size_bytes bytes, absent if output_hashed */
    size_t output_size_bytes;
    int output_hashed;        /* 1: the output is long, output_hash is its keccak256 */
    uint8_t output_hash[32];  /* zero unless output_hashed */
    uint8_t logs_hash[32];    /* keccak256 of the RLP of all logs */
    uint8_t address[20];      /* of the called account */
    uint64_t logs_count;      /* of the call */
    uint64_t gas_limit;       /* of the deployment and of the call */
    uint64_t exec_gas;        /* gas limit minus gas left: no intrinsic gas, no refund applied */
    uint64_t refund;          /* counter at the end of the call */
    uint64_t deploy_exec_gas; /* as exec_gas, of the deployment; 0 in runtime mode */
} coldevm_contract;

extern const coldevm_contract coldevm_contracts[];
extern const size_t coldevm_contract_count;

/** Who calls: the same in every case. */
extern const uint8_t coldevm_contract_sender[20];

#endif
