/* stack.c: set-up, watermarks, and what the inline paths of stack.h leave: blocks of stacks that
 * zero, check or are twins, and all that is wrong. */
#include <coldheap/stack.h>

#include <coldheap/hash.h>

#include "base/misuse.h"
#include "mem/checked.h"
#include "mem/name.h"
#include "mem/stack_parts.h"

#define STACK_MAGIC ((uintptr_t)0x4b415453u)
#define SEAL_SEED   0x535441434bu

static bool options_are_valid(const ch_stack_options *options) {
    return options == NULL || ((unsigned)options->zeroing <= (unsigned)CH_ZERO_ON_ALLOC &&
                               options->watermarks_max <= CH_STACK_WATERMARKS_MAX);
}

static size_t marks_of(const ch_stack_options *options) {
    size_t marks = options != NULL ? options->watermarks_max : 0;
    return marks != 0 ? marks : CH_STACK_WATERMARKS_DEFAULT;
}

static uint64_t seal_of(const ch_stack *stack) {
    return ch_hash_bytes(&stack->config, sizeof stack->config, SEAL_SEED);
}

bool chi_stack_is_live(const ch_stack *stack) {
    return stack->magic == (STACK_MAGIC ^ (uintptr_t)stack);
}

bool chi_stack_seal_holds(const ch_stack *stack) {
    return chi_stack_is_live(stack) && stack->seal == seal_of(stack);
}

/* Sets the floor with its fast-path copy. */
static void set_floor(ch_stack *stack, uint8_t *floor) {
    bool inline_free = chi_stack_is_plain(stack) && stack->config.zeroing != CH_ZERO_ON_RELEASE;
    stack->floor = floor;
    stack->fast_floor = inline_free ? floor : CHI_STACK_NO_FLOOR;
}

void chi_stack_fold(ch_stack *stack) {
    CH_PUBLISH(stack->given_blocks, stack->given_blocks + (stack->tally >> 32));
    CH_PUBLISH(stack->given_bytes, stack->given_bytes + (uint32_t)stack->tally);
    CH_PUBLISH(stack->tally, 0);
    /* The inline alloc also makes the inline free possible, which does not clear. */
    bool plain = chi_stack_is_plain(stack) && stack->config.zeroing == CH_ZERO_NONE;
    stack->fast_end = plain ? chi_tally_window(stack->cursor, stack->config.end) : NULL;
    stack->fast_marks = plain ? stack->config.watermarks_max : 0;
}

void chi_stack_given(ch_stack *stack, size_t size_bytes) {
    chi_stack_fold(stack);
    CH_PUBLISH(stack->given_blocks, stack->given_blocks + 1);
    CH_PUBLISH(stack->given_bytes, stack->given_bytes + size_bytes);
}

size_t ch_stack_align(void) {
    return CH_ALIGNOF(chi_stack_link);
}

size_t ch_stack_footprint(const ch_stack_options *options) {
    size_t total = 0;
    if (options == NULL || !options_are_valid(options)) {
        return 0;
    }
    size_t marks = marks_of(options) * sizeof(chi_stack_link);
    return ch_size_add(&total, marks, options->size_bytes) ? total : 0;
}

static ch_status memory_status(const ch_stack *stack, const void *memory, size_t size_bytes,
                               const ch_stack_options *options, size_t need) {
    if (stack == NULL || memory == NULL || !options_are_valid(options)) {
        return CH_EINVAL;
    }
    if (ch_align_padding(memory, ch_stack_align()) != 0) {
        return CH_EALIGN;
    }
    if (size_bytes > UINTPTR_MAX - (uintptr_t)memory) {
        return CH_ERANGE;
    }
    return need <= size_bytes ? CH_OK : CH_EFULL;
}

static void begin(ch_stack *stack, void *memory, const ch_stack_options *options) {
    *stack = (ch_stack){.owner = chi_thread_token(), .tracked = chi_track_is_wanted(NULL)};
    stack->config.marks = memory;
    stack->config.watermarks_max = marks_of(options);
    stack->config.checked = chi_checked();
    if (options != NULL) {
        stack->config.zeroing = (size_t)options->zeroing;
        chi_name_set(stack->config.name, options->name);
    }
}

static void seal(ch_stack *stack) {
    stack->seal = seal_of(stack);
    stack->magic = STACK_MAGIC ^ (uintptr_t)stack; /* a copy of a stack is not a live one */
}

ch_status ch_stack_init(ch_stack *stack, void *memory, size_t size_bytes,
                        const ch_stack_options *options) {
    static const ch_stack_options defaults;
    const ch_stack_options *chosen = options != NULL ? options : &defaults;
    size_t need = ch_stack_footprint(chosen);
    ch_status status =
        memory_status(stack, memory, size_bytes, options, need != 0 ? need : SIZE_MAX);
    if (status != CH_OK) {
        return status;
    }
    begin(stack, memory, options);
    chi_stack_config *config = &stack->config;
    size_t marks = config->watermarks_max * sizeof(chi_stack_link);
    config->base = (uint8_t *)memory + marks;
    config->capacity_bytes = chosen->size_bytes != 0 ? chosen->size_bytes : size_bytes - marks;
    config->end = config->base + config->capacity_bytes;
    stack->cursor = stack->peak_cursor = config->base;
    set_floor(stack, config->base);
    chi_stack_fold(stack);
    if (config->checked) {
        chi_close(config->base, config->capacity_bytes);
        chi_group_begin(stack);
    }
    seal(stack);
    return CH_OK;
}

ch_status ch_stack_init_twin(ch_stack *stack, void *memory, size_t size_bytes,
                             const ch_stack_options *options, const ch_allocator *source) {
    if (source == NULL || source->alloc == NULL || source->free == NULL) {
        return CH_EINVAL;
    }
    size_t need = options_are_valid(options) ? marks_of(options) * sizeof(chi_stack_link) : 0;
    ch_status status = memory_status(stack, memory, size_bytes, options, need);
    if (status != CH_OK) {
        return status;
    }
    begin(stack, memory, options);
    bool limited = options != NULL && options->size_bytes != 0;
    stack->config.capacity_bytes = limited ? options->size_bytes : SIZE_MAX;
    stack->config.source = *source;
    stack->config.twin = 1;
    set_floor(stack, NULL);
    seal(stack);
    return CH_OK;
}

static ch_status fail(ch_stack *stack, ch_status status) {
    if (status == CH_EALIGN) {
        CH_PUBLISH(stack->failures_invalid, stack->failures_invalid + 1);
    } else {
        CH_PUBLISH(stack->failures_full, stack->failures_full + 1);
    }
    return status;
}

static bool wrong_thread(const ch_stack *stack) {
    return stack->owner != chi_thread_token();
}

/* Writes the link of a new top block in the stack's own memory. */
static ch_status place_block(ch_stack *stack, uint8_t **block, size_t size_bytes, size_t align) {
    size_t room = (size_t)(stack->config.end - stack->cursor);
    size_t mask = (align - 1) | 7u;
    if (room < CH_STACK_LINK_BYTES) {
        return CH_EFULL;
    }
    size_t padding =
        CH_STACK_LINK_BYTES + ch_align_padding(stack->cursor + CH_STACK_LINK_BYTES, mask + 1);
    if (padding > room || size_bytes > room - padding) {
        return CH_EFULL;
    }
    *block = stack->cursor + padding;
    chi_stack_link *link = chi_stack_link_of(*block);
    if (stack->config.checked) {
        chi_open(link, sizeof *link);
    }
    *link = (chi_stack_link){.cursor_before = stack->cursor, .top_before = stack->top};
    if (stack->config.checked) {
        chi_close(link, sizeof *link);
        if (size_bytes > 0) {
            chi_open(*block, size_bytes);
            chi_group_add(stack, *block, size_bytes);
        }
    }
    CH_PUBLISH(stack->cursor, *block + size_bytes);
    return CH_OK;
}

static void note(const ch_stack *stack, unsigned op, size_t size_bytes, const void *site,
                 const void *block) {
    if (stack->tracked) {
        chi_track(stack->tracker, CH_TRACK_STACK, op, size_bytes, site, block);
    }
}

static ch_status take(ch_stack *stack, void **out, size_t size_bytes, size_t align,
                      const void *site) {
    uint8_t *block = NULL;
    if (wrong_thread(stack)) {
        return CH_ETHREAD;
    }
    if (!ch_align_is_valid(align)) {
        return fail(stack, CH_EALIGN);
    }
    ch_status status = stack->config.twin ? chi_stack_twin_fetch(stack, &block, size_bytes, align)
                                          : place_block(stack, &block, size_bytes, align);
    if (status != CH_OK) {
        note(stack, CH_TRACK_EXHAUSTED, size_bytes, site, NULL);
        return fail(stack, status);
    }
    stack->top = block;
    chi_stack_given(stack, size_bytes);
    note(stack, CH_TRACK_ACQUIRE, size_bytes, site, block);
    if (stack->config.zeroing == CH_ZERO_ON_ALLOC) {
        ch_zero(block, size_bytes);
    }
    *out = block;
    return CH_OK;
}

void *ch_stack_alloc_slow(ch_stack *stack, size_t size_bytes, size_t align) {
    void *block = NULL;
    if (!chi_stack_is_live(stack)) {
        return NULL;
    }
    ch_status status = take(stack, &block, size_bytes, align, CH_RETURN_ADDRESS());
    if (status == CH_ETHREAD || status == CH_EALIGN) {
        (void)CHI_MISUSE(stack, stack->config.name, NULL, status);
    }
    return block;
}

ch_status ch_stack_alloc_try(ch_stack *stack, void **out, size_t size_bytes, size_t align) {
    if (stack == NULL || out == NULL) {
        return CH_EINVAL;
    }
    if (!chi_stack_is_live(stack)) {
        return CH_ESTATE;
    }
    ch_status status = take(stack, out, size_bytes, align, CH_RETURN_ADDRESS());
    if (status == CH_ETHREAD || status == CH_EALIGN) {
        return CHI_MISUSE(stack, stack->config.name, NULL, status);
    }
    return status;
}

static size_t top_size(const ch_stack *stack) {
    return stack->config.twin ? chi_stack_twin_size(stack->top)
                              : (size_t)(stack->cursor - stack->top);
}

/* True if the top block was there at the last watermark. */
static bool top_is_marked(const ch_stack *stack) {
    if (stack->config.twin) {
        return stack->mark_count > 0 &&
               stack->top == stack->config.marks[stack->mark_count - 1].top_before;
    }
    return stack->top <= stack->floor;
}

/* What `block` is: CH_OK the top, free to go; else what is wrong with it. */
static ch_status block_status(const ch_stack *stack, const void *block, size_t size_bytes) {
    uintptr_t address = (uintptr_t)block;
    if (block != NULL && block == stack->top) {
        if (top_is_marked(stack)) {
            return CH_EORDER;
        }
        return size_bytes == top_size(stack) ? CH_OK : CH_EINVAL;
    }
    if (stack->config.twin) {
        return chi_stack_twin_holds(stack, block) ? CH_EORDER : CH_EFOREIGN;
    }
    if (address < (uintptr_t)stack->config.base || address > (uintptr_t)stack->config.end) {
        return CH_EFOREIGN;
    }
    return address >= (uintptr_t)stack->cursor ? CH_EDOUBLE : CH_EORDER;
}

static void note_peak(ch_stack *stack) {
    if (stack->peak_cursor < stack->cursor) {
        CH_PUBLISH(stack->peak_cursor, stack->cursor);
    }
}

/* Clears and closes what lies between `target` and the cursor, which is about to go down there. */
static void vacate(ch_stack *stack, uint8_t *target) {
    size_t given = (size_t)(stack->cursor - target);
    if (stack->config.checked) {
        chi_open_defined(target, given);
    }
    if (stack->config.zeroing == CH_ZERO_ON_RELEASE) {
        ch_zero(target, given);
    }
    if (stack->config.checked) {
        chi_group_keep(stack, stack->config.base, (size_t)(target - stack->config.base));
        chi_close(target, given);
    }
}

/* Frees everything above `target`, the cursor at which `top` was the top block. */
static void go_back(ch_stack *stack, uint8_t *target, uint8_t *top) {
    if (stack->config.twin) {
        while (stack->top != top) {
            chi_stack_twin_drop(stack);
        }
        return;
    }
    note_peak(stack);
    vacate(stack, target);
    stack->top = top;
    CH_PUBLISH(stack->cursor, target);
    chi_stack_fold(stack);
}

/* Blocks that went together: `used` was in use before. */
static void note_dropped(const ch_stack *stack, size_t used, const void *site) {
    if (used != ch_stack_used(stack)) {
        note(stack, CH_TRACK_RELEASE, used - ch_stack_used(stack), site, NULL);
    }
}

ch_status ch_stack_free_slow(ch_stack *stack, void *block, size_t size_bytes) {
    if (!chi_stack_is_live(stack)) {
        return CH_ESTATE;
    }
    ch_status status = wrong_thread(stack) ? CH_ETHREAD : block_status(stack, block, size_bytes);
    if (status != CH_OK) {
        return CHI_MISUSE(stack, stack->config.name, block, status);
    }
    note(stack, CH_TRACK_RELEASE, size_bytes, CH_RETURN_ADDRESS(), block);
    if (stack->config.twin) {
        chi_stack_twin_drop(stack);
        return CH_OK;
    }
    chi_stack_link *link = chi_stack_link_of(stack->top);
    if (stack->config.checked) {
        chi_open_defined(link, sizeof *link);
    }
    chi_stack_link below = *link;
    go_back(stack, below.cursor_before, below.top_before);
    return CH_OK;
}

static ch_status resize_top(ch_stack *stack, size_t old_bytes, size_t new_bytes) {
    uint8_t *block = stack->top;
    if (stack->config.twin) {
        return chi_stack_twin_resize(stack, new_bytes) ? CH_OK : CH_EFULL;
    }
    if (new_bytes > (size_t)(stack->config.end - block)) {
        return CH_EFULL;
    }
    note_peak(stack);
    if (new_bytes < old_bytes && stack->config.zeroing == CH_ZERO_ON_RELEASE) {
        ch_zero(block + new_bytes, old_bytes - new_bytes);
    }
    if (stack->config.checked) {
        if (old_bytes > 0) {
            chi_group_drop(stack, block);
            chi_open_defined(block, old_bytes < new_bytes ? old_bytes : new_bytes);
        }
        if (new_bytes > 0) {
            /* Adding a block makes it undefined to Valgrind: the old bytes keep their state. */
            chi_group_add(stack, block, new_bytes);
            chi_open_defined(block, old_bytes < new_bytes ? old_bytes : new_bytes);
        }
        if (new_bytes > old_bytes) {
            chi_open(block + old_bytes, new_bytes - old_bytes);
        } else {
            chi_close(block + new_bytes, old_bytes - new_bytes);
        }
    }
    CH_PUBLISH(stack->cursor, block + new_bytes);
    return CH_OK;
}

ch_status ch_stack_resize(ch_stack *stack, void *block, size_t old_bytes, size_t new_bytes) {
    if (stack == NULL) {
        return CH_EINVAL;
    }
    if (!chi_stack_is_live(stack)) {
        return CH_ESTATE;
    }
    ch_status status = block_status(stack, block, old_bytes);
    if (status != CH_OK) {
        return status;
    }
    status = resize_top(stack, old_bytes, new_bytes);
    if (status != CH_OK) {
        return fail(stack, status);
    }
    if (new_bytes > old_bytes) {
        CH_PUBLISH(stack->given_bytes, stack->given_bytes + (new_bytes - old_bytes));
        if (stack->config.zeroing == CH_ZERO_ON_ALLOC) {
            ch_zero((uint8_t *)block + old_bytes, new_bytes - old_bytes);
        }
    }
    return CH_OK;
}

ch_status ch_stack_mark_slow(ch_stack *stack) {
    if (stack == NULL) {
        return CH_EINVAL;
    }
    if (!chi_stack_is_live(stack)) {
        return CH_ESTATE;
    }
    if (wrong_thread(stack)) {
        return CHI_MISUSE(stack, stack->config.name, NULL, CH_ETHREAD);
    }
    if (stack->mark_count == stack->config.watermarks_max) {
        return fail(stack, CH_EFULL);
    }
    stack->config.marks[stack->mark_count] =
        (chi_stack_link){.cursor_before = stack->cursor, .top_before = stack->top};
    CH_PUBLISH(stack->mark_count, stack->mark_count + 1);
    set_floor(stack, stack->cursor);
    return CH_OK;
}

ch_status ch_stack_release_slow(ch_stack *stack) {
    if (stack == NULL) {
        return CH_EINVAL;
    }
    if (!chi_stack_is_live(stack)) {
        return CH_ESTATE;
    }
    if (wrong_thread(stack)) {
        return CHI_MISUSE(stack, stack->config.name, NULL, CH_ETHREAD);
    }
    if (stack->mark_count == 0) {
        return CH_EEMPTY;
    }
    const chi_stack_link *mark = &stack->config.marks[stack->mark_count - 1];
    size_t used = ch_stack_used(stack);
    go_back(stack, mark->cursor_before, mark->top_before);
    CH_PUBLISH(stack->mark_count, stack->mark_count - 1);
    bool marked = stack->mark_count > 0;
    set_floor(stack, marked ? mark[-1].cursor_before : stack->config.base);
    note_dropped(stack, used, CH_RETURN_ADDRESS());
    return CH_OK;
}

ch_status ch_stack_reset(ch_stack *stack) {
    if (stack == NULL) {
        return CH_EINVAL;
    }
    if (!chi_stack_is_live(stack)) {
        return CH_ESTATE;
    }
    if (wrong_thread(stack)) {
        return CHI_MISUSE(stack, stack->config.name, NULL, CH_ETHREAD);
    }
    size_t used = ch_stack_used(stack);
    go_back(stack, stack->config.base, NULL);
    note_dropped(stack, used, CH_RETURN_ADDRESS());
    CH_PUBLISH(stack->mark_count, 0);
    set_floor(stack, stack->config.base);
    return CH_OK;
}

ch_status ch_stack_fini(ch_stack *stack) {
    if (stack == NULL || !chi_stack_is_live(stack)) {
        return CH_OK;
    }
    stack->magic = 0;
    if (stack->config.twin) {
        go_back(stack, NULL, NULL);
    } else if (stack->config.checked) {
        chi_group_end(stack);
        chi_open_defined(stack->config.base, stack->config.capacity_bytes);
    }
    *stack = (ch_stack){0};
    return CH_OK;
}

ch_status ch_stack_track(ch_stack *stack, ch_tracker *tracker) {
    if (stack == NULL) {
        return CH_EINVAL;
    }
    if (!chi_stack_is_live(stack)) {
        return CH_ESTATE;
    }
    if (wrong_thread(stack)) {
        return CHI_MISUSE(stack, stack->config.name, tracker, CH_ETHREAD);
    }
    stack->tracker = tracker;
    stack->tracked = chi_track_is_wanted(tracker);
    set_floor(stack, stack->floor);
    chi_stack_fold(stack);
    return CH_OK;
}

static void *allocator_alloc(void *user, size_t size_bytes, size_t align) {
    ch_stack *stack = user;
    void *block = NULL;
    if (!stack->tracked) {
        return ch_stack_alloc(stack, size_bytes, align);
    }
    ch_status status = take(stack, &block, size_bytes, align, CH_RETURN_ADDRESS());
    if (status == CH_ETHREAD || status == CH_EALIGN) {
        (void)CHI_MISUSE(stack, stack->config.name, NULL, status);
    }
    return block;
}

static bool allocator_resize(void *user, void *block, size_t old_bytes, size_t new_bytes) {
    return ch_stack_resize(user, block, old_bytes, new_bytes) == CH_OK;
}

static ch_status allocator_free(void *user, void *block, size_t size_bytes) {
    return ch_stack_free(user, block, size_bytes);
}

ch_allocator ch_stack_allocator(ch_stack *stack) {
    return (ch_allocator){.alloc = allocator_alloc,
                          .resize = allocator_resize,
                          .free = allocator_free,
                          .user = stack};
}
