/* log.c: the logs of a transaction and their hash. Topics (native words) and data of a log lie
 * behind each other; a revert cuts entries and bytes back to the frame's start. */
#include "world.h"

#include <coldevm/hash.h>
#include <coldevm/rlp.h>

static const uint8_t NO_DATA[1];

/* Room for `size` bytes, aligned for words; NULL if there is none. */
static uint8_t *take_bytes(chevm_state *state, size_t size) {
    if (state->twin != NULL) {
        return chevmi_twin_log_block(state, size);
    }
    const uint64_t rounded = ((uint64_t)size + 7u) & ~(uint64_t)7u;
    if (rounded < size || rounded > state->log_capacity - state->log_used) {
        return NULL;
    }
    uint8_t *const bytes = state->log_bytes + state->log_used;
    state->log_used += rounded;
    if (state->log_used > state->log_peak) {
        state->log_peak = state->log_used;
    }
    return bytes;
}

int chevmi_log_emit(void *context, const chevm_address *address, const uint8_t *data,
                    size_t data_size, const chevm_u256 *topics, size_t topic_count) {
    chevm_state *const state = context;
    CH_REQUIRE(topic_count <= 4);
    if (state->log_count == state->log_count_capacity && !chevmi_twin_grow_logs(state)) {
        return -CHEVM_LOGS_FULL;
    }
    const size_t topic_bytes = topic_count * sizeof *topics;
    if (data_size > SIZE_MAX - topic_bytes) {
        return -CHEVM_LOGS_FULL;
    }
    const uint8_t *bytes = NO_DATA;
    if (topic_bytes + data_size != 0) {
        uint8_t *const taken = take_bytes(state, topic_bytes + data_size);
        if (taken == NULL) {
            return -CHEVM_LOGS_FULL;
        }
        if (topic_bytes != 0) {
            memcpy(taken, topics, topic_bytes);
        }
        if (data_size != 0) {
            memcpy(taken + topic_bytes, data, data_size);
        }
        bytes = taken;
    }
    state->logs[state->log_count++] = (chevm_log){
        .topics = topic_count != 0 ? (const chevm_u256 *)(const void *)bytes : NULL,
        .data = data_size != 0 ? bytes + topic_bytes : NULL,
        .data_size = data_size,
        .topic_count = (uint32_t)topic_count,
        .address = *address,
    };
    if (state->log_count > state->log_count_peak) {
        state->log_count_peak = state->log_count;
    }
    return 0;
}

void chevmi_log_truncate(chevm_state *state, uint32_t count, uint64_t bytes) {
    if (state->twin != NULL) {
        for (uint32_t i = count; i < state->log_count; i++) {
            chevmi_twin_drop_log(state, &state->logs[i]);
        }
    }
    state->log_count = count;
    state->log_used = bytes;
}

const chevm_log *chevm_state_logs(const chevm_state *state, size_t *count) {
    *count = state->log_count;
    return state->logs;
}

/* ---- Hash ----------------------------------------------------------------------------------- */

static size_t with_header(size_t size) {
    return chevm_rlp_header_size(size) + size;
}

/* Bytes of [address, [topics], data] without the list's own header. */
static size_t log_payload(const chevm_log *log) {
    return 21u + with_header(33u * (size_t)log->topic_count) +
           chevm_rlp_string_size(log->data, log->data_size);
}

static void put_list(chevm_keccak *hash, size_t size) {
    uint8_t header[CHEVM_RLP_HEADER_MAX];
    chevm_keccak_update(hash, header, (size_t)(chevm_rlp_put_list_header(header, size) - header));
}

/* The data is hashed where it lies. */
static void put_data(chevm_keccak *hash, const uint8_t *data, size_t size) {
    if (size != 1 || data[0] >= 0x80) {
        uint8_t header[CHEVM_RLP_HEADER_MAX];
        const uint8_t *const end = chevm_rlp_put_string_header(header, size);
        chevm_keccak_update(hash, header, (size_t)(end - header));
    }
    chevm_keccak_update(hash, data, size);
}

static void put_log(chevm_keccak *hash, const chevm_log *log) {
    put_list(hash, log_payload(log));
    put_data(hash, log->address.bytes, sizeof log->address.bytes);
    put_list(hash, 33u * (size_t)log->topic_count);
    for (uint32_t i = 0; i < log->topic_count; i++) {
        uint8_t topic[33] = {0xa0};
        chevm_u256_to_be32(topic + 1, &log->topics[i]);
        chevm_keccak_update(hash, topic, sizeof topic);
    }
    put_data(hash, log->data, log->data_size);
}

void chevm_state_logs_hash(const chevm_state *state, chevm_u256 *hash) {
    size_t size = 0;
    for (uint32_t i = 0; i < state->log_count; i++) {
        size += with_header(log_payload(&state->logs[i]));
    }
    chevm_keccak keccak;
    chevm_keccak_init(&keccak);
    put_list(&keccak, size);
    for (uint32_t i = 0; i < state->log_count; i++) {
        put_log(&keccak, &state->logs[i]);
    }
    uint8_t bytes[32];
    chevm_keccak_final(&keccak, bytes);
    chevm_u256_from_be32(hash, bytes);
}
