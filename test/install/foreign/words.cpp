// words.cpp: a C++ program with the installed library: counts words. Texts lie in an arena, counters
// in a pool, and a map instance finds the counter of a text's hash; nothing of it is on the heap.
#include <cstdio>
#include <cstring>
#include <string_view>

#include <coldheap/arena.h>
#include <coldheap/hash.h>
#include <coldheap/pool.h>

struct word {
    std::string_view text;
    unsigned count;
};
using word_pointer = word *;

#define CH_MAP_NAME  word_of_hash
#define CH_MAP_KEY   uint64_t
#define CH_MAP_VALUE word_pointer
#define CH_MAP_CAP   8
#include <coldheap/tmpl/map.h>

namespace {

struct book {
    ch_arena arena;
    ch_pool pool;
    word_of_hash words;
};

alignas(64) uint8_t texts[512]; // room for the margins of checked builds
alignas(64) uint8_t counters[1024];

ch_status note(book &b, std::string_view text) {
    const uint64_t key = ch_hash_bytes(text.data(), text.size(), 1);
    if (word_pointer *known = word_of_hash_get(&b.words, &key)) {
        (*known)->count++;
        return CH_OK;
    }
    auto *copy = static_cast<char *>(ch_arena_alloc(&b.arena, text.size(), 1));
    auto *fresh = static_cast<word *>(ch_pool_acquire(&b.pool));
    if (copy == nullptr || fresh == nullptr) {
        return CH_EFULL;
    }
    std::memcpy(copy, text.data(), text.size());
    *fresh = word{std::string_view(copy, text.size()), 1};
    return word_of_hash_put(&b.words, &key, &fresh);
}

} // namespace

int main() {
    static book b;
    ch_pool_options options{};
    options.object_bytes = sizeof(word);
    options.align = alignof(word);
    options.count = 8;
    if (ch_arena_init(&b.arena, texts, sizeof texts, nullptr) != CH_OK ||
        ch_pool_init(&b.pool, counters, sizeof counters, &options) != CH_OK ||
        word_of_hash_init(&b.words, 7) != CH_OK) {
        return 1;
    }
    std::string_view rest = "cold heap hot path cold heap cold";
    while (!rest.empty()) {
        const size_t end = rest.find(' ') == std::string_view::npos ? rest.size() : rest.find(' ');
        if (note(b, rest.substr(0, end)) != CH_OK) {
            return 2;
        }
        rest.remove_prefix(end < rest.size() ? end + 1 : end);
    }
    const uint64_t cold = ch_hash_bytes("cold", 4, 1);
    const word *found = *word_of_hash_get(&b.words, &cold);
    ch_arena_figures figures{};
    const bool told = ch_arena_stats(&b.arena, &figures) == CH_OK;
    std::printf("%zu words, %.*s %u times, %zu bytes of text\n", word_of_hash_count(&b.words),
                static_cast<int>(found->text.size()), found->text.data(), found->count,
                static_cast<size_t>(figures.total_bytes));
    const bool sound = told && ch_arena_check(&b.arena, nullptr) == CH_OK &&
                       ch_pool_check(&b.pool, nullptr) == CH_OK && found->count == 3 &&
                       ch_pool_in_use(&b.pool) == 4 && figures.total_bytes == 15;
    return sound && ch_pool_fini(&b.pool) == CH_OK && ch_arena_fini(&b.arena) == CH_OK ? 0 : 3;
}
