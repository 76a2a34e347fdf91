/* memory_access.c: the checked half of memory.h. Every function tests its whole range first, with
 * arithmetic that cannot wrap, grows if it writes, and only then moves bytes. */
#include <coldevm/memory.h>

#define HEX_DIGITS "0123456789abcdef"

/* CHEVM_OK if [offset, offset + size) lies inside; for readers. */
static chevm_status inside(const chevm_memory *memory, uint64_t offset, uint64_t size) {
    if (size > UINT64_MAX - offset) {
        return CHEVM_INVALID_SIZE;
    }
    return offset + size <= memory->size ? CHEVM_OK : CHEVM_INVALID_OFFSET;
}

/* Makes [offset, offset + size) addressable; for writers, size >= 1. */
static chevm_status reach(chevm_memory *memory, uint64_t offset, uint64_t size) {
    if (size > UINT64_MAX - offset) {
        return CHEVM_INVALID_SIZE;
    }
    return chevm_memory_ensure(memory, offset + size, NULL);
}

chevm_status chevm_memory_get_byte(const chevm_memory *memory, uint8_t *value, uint64_t offset) {
    if (offset >= memory->size) {
        return CHEVM_INVALID_OFFSET;
    }
    *value = memory->data[offset];
    return CHEVM_OK;
}

chevm_status chevm_memory_get_word(const chevm_memory *memory, uint8_t word[32], uint64_t offset) {
    const chevm_status status = inside(memory, offset, 32);
    if (status == CHEVM_OK) {
        memcpy(word, memory->data + offset, 32);
    }
    return status;
}

chevm_status chevm_memory_get_u256(const chevm_memory *memory, chevm_u256 *value, uint64_t offset) {
    const chevm_status status = inside(memory, offset, 32);
    if (status == CHEVM_OK) {
        chevm_u256_from_be32(value, memory->data + offset);
    }
    return status;
}

chevm_status chevm_memory_get_slice(const chevm_memory *memory, const uint8_t **slice,
                                    uint64_t offset, uint64_t size) {
    if (size == 0) {
        *slice = NULL;
        return CHEVM_OK;
    }
    const chevm_status status = inside(memory, offset, size);
    if (status == CHEVM_OK) {
        *slice = memory->data + offset;
    }
    return status;
}

chevm_status chevm_memory_set_byte(chevm_memory *memory, uint64_t offset, uint8_t value) {
    const chevm_status status = reach(memory, offset, 1);
    if (status == CHEVM_OK) {
        memory->data[offset] = value;
    }
    return status;
}

chevm_status chevm_memory_set_word(chevm_memory *memory, uint64_t offset, const uint8_t word[32]) {
    return chevm_memory_set_data(memory, offset, word, 32);
}

chevm_status chevm_memory_set_u256(chevm_memory *memory, uint64_t offset, const chevm_u256 *value) {
    const chevm_status status = reach(memory, offset, 32);
    if (status == CHEVM_OK) {
        chevm_u256_to_be32(memory->data + offset, value);
    }
    return status;
}

chevm_status chevm_memory_set_data(chevm_memory *memory, uint64_t offset, const uint8_t *source,
                                   size_t size) {
    if (size == 0) {
        return CHEVM_OK;
    }
    const uintptr_t distance = (uintptr_t)source - (uintptr_t)memory->data;
    const bool own = distance < memory->size; /* growing may move the block of the twin */
    const chevm_status status = reach(memory, offset, size);
    if (status == CHEVM_OK) {
        memmove(memory->data + offset, own ? memory->data + distance : source, size);
    }
    return status;
}

chevm_status chevm_memory_set_data_bounded(chevm_memory *memory, uint64_t offset, uint64_t size,
                                           const chevm_memory_source *source) {
    if (size == 0) {
        return CHEVM_OK;
    }
    const chevm_status status = reach(memory, offset, size);
    if (status != CHEVM_OK) {
        return status;
    }
    uint64_t there = source->offset < source->size ? source->size - source->offset : 0;
    there = there < size ? there : size;
    if (there != 0) {
        memcpy(memory->data + offset, source->bytes + source->offset, (size_t)there);
    }
    memset(memory->data + offset + there, 0, (size_t)(size - there));
    return CHEVM_OK;
}

chevm_status chevm_memory_copy(chevm_memory *memory, uint64_t target, uint64_t source,
                               uint64_t size) {
    if (size == 0) {
        return CHEVM_OK;
    }
    const chevm_status status = reach(memory, target > source ? target : source, size);
    if (status == CHEVM_OK && target != source) {
        memmove(memory->data + target, memory->data + source, (size_t)size);
    }
    return status;
}

chevm_status chevm_memory_snapshot(const chevm_memory *memory, uint8_t *buffer, size_t buffer_size,
                                   uint64_t *used) {
    if (used != NULL) {
        *used = memory->size;
    }
    if (buffer_size < memory->size) {
        return CHEVM_INVALID_SIZE;
    }
    if (memory->size != 0) {
        memcpy(buffer, memory->data, (size_t)memory->size);
    }
    return CHEVM_OK;
}

chevm_status chevm_memory_restore(chevm_memory *memory, const uint8_t *bytes, size_t size) {
    const chevm_status status = chevm_memory_resize(memory, size);
    if (status == CHEVM_OK && size != 0) {
        memcpy(memory->data, bytes, size);
        memset(memory->data + size, 0, (size_t)(memory->size - size));
    }
    return status;
}

chevm_status chevm_memory_to_hex(const chevm_memory *memory, char *text, size_t text_size,
                                 uint64_t *used) {
    if (used != NULL) {
        *used = 2 * memory->size;
    }
    if (text_size <= 2 * memory->size) {
        return CHEVM_INVALID_SIZE;
    }
    for (uint64_t i = 0; i < memory->size; i++) {
        text[2 * i] = HEX_DIGITS[memory->data[i] >> 4];
        text[2 * i + 1] = HEX_DIGITS[memory->data[i] & 15];
    }
    text[2 * memory->size] = 0;
    return CHEVM_OK;
}
