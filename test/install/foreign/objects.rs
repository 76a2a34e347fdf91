// objects.rs: a Rust program with the installed library: an arena, a pool and a map instance
// (squares.c). Structs are opaque bytes whose size the library tells (coldheap/foreign.h); the
// functions are the symbols that the library has for its inline functions too.
use std::ffi::CString;
use std::os::raw::{c_char, c_int, c_uint, c_void};
use std::ptr::null;

const OK: c_int = 0;
const STALE: c_int = -23;

#[repr(C)]
struct PoolOptions {
    object_bytes: usize,
    align: usize,
    count: usize,
    flags: c_uint,
    generation_bits: c_uint,
    generation_start: u32,
    name: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct PoolHandle {
    index: u32,
    generation: u32,
}

type Arena = c_void;
type Pool = c_void;

extern "C" {
    fn ch_object_bytes(name: *const c_char) -> usize;
    fn ch_object_align(name: *const c_char) -> usize;
    fn ch_arena_init(a: *mut Arena, memory: *mut u8, size: usize, options: *const c_void) -> c_int;
    fn ch_arena_alloc(a: *mut Arena, size: usize, align: usize) -> *mut u8;
    fn ch_arena_redzone_bytes() -> usize;
    fn ch_arena_used(a: *const Arena) -> usize;
    fn ch_arena_reset(a: *mut Arena) -> c_int;
    fn ch_arena_check(a: *const Arena, invariant: *mut c_uint) -> c_int;
    fn ch_arena_fini(a: *mut Arena) -> c_int;
    fn ch_pool_footprint(options: *const PoolOptions) -> usize;
    fn ch_pool_init(p: *mut Pool, memory: *mut u8, size: usize, o: *const PoolOptions) -> c_int;
    fn ch_pool_acquire(p: *mut Pool) -> *mut u64;
    fn ch_pool_release(p: *mut Pool, object: *mut u64) -> c_int;
    fn ch_pool_handle_of(p: *const Pool, object: *const u64) -> PoolHandle;
    fn ch_pool_get(p: *const Pool, handle: PoolHandle) -> *mut u64;
    fn ch_pool_get_try(p: *const Pool, out: *mut *mut u64, handle: PoolHandle) -> c_int;
    fn ch_pool_in_use(p: *const Pool) -> usize;
    fn ch_pool_fini(p: *mut Pool) -> c_int;
    fn squares_begin(seed: u64) -> c_int;
    fn squares_enter(key: u64, value: u64) -> c_int;
    fn squares_find(key: u64) -> *const u64;
}

/// Room for one object, aligned to 16.
struct Room(Vec<u128>);

impl Room {
    fn of_bytes(bytes: usize) -> Room {
        Room(vec![0; (bytes + 15) / 16])
    }
    fn of_object(name: &str) -> Room {
        let name = CString::new(name).unwrap();
        let (bytes, align) =
            unsafe { (ch_object_bytes(name.as_ptr()), ch_object_align(name.as_ptr())) };
        assert!(bytes > 0 && align <= 16);
        Room::of_bytes(bytes)
    }
    fn at(&mut self) -> *mut c_void {
        self.0.as_mut_ptr() as *mut c_void
    }
}

unsafe fn arena_gives_and_takes_back() {
    let (mut room, mut memory) = (Room::of_object("arena"), Room::of_bytes(1024));
    let (arena, first) = (room.at(), memory.at() as *mut u8);
    assert_eq!(ch_arena_init(arena, first, 1024, null()), OK);
    let text = ch_arena_alloc(arena, 11, 1);
    let margin = ch_arena_redzone_bytes();
    assert_eq!(text, first.add(margin));
    text.copy_from_nonoverlapping(b"hello arena".as_ptr(), 11);
    assert_eq!(std::slice::from_raw_parts(text, 11), b"hello arena");
    assert_eq!(ch_arena_alloc(arena, 8, 8) as usize % 8, 0);
    assert!(ch_arena_alloc(arena, 2000, 1).is_null());
    assert_eq!(ch_arena_used(arena), 24 + 2 * margin);
    assert_eq!(ch_arena_reset(arena), OK);
    assert_eq!(ch_arena_used(arena), 0);
    assert_eq!(ch_arena_check(arena, std::ptr::null_mut()), OK);
    assert_eq!(ch_arena_fini(arena), OK);
}

unsafe fn pool_recycles_and_knows_stale_handles() {
    let options = PoolOptions {
        object_bytes: 8,
        align: 8,
        count: 3,
        flags: 0,
        generation_bits: 0,
        generation_start: 0,
        name: null(),
    };
    let bytes = ch_pool_footprint(&options);
    let (mut room, mut memory) = (Room::of_object("pool"), Room::of_bytes(bytes));
    let pool = room.at();
    assert_eq!(ch_pool_init(pool, memory.at() as *mut u8, bytes, &options), OK);
    let object = ch_pool_acquire(pool);
    let handle = ch_pool_handle_of(pool, object);
    *object = 42;
    assert_eq!(*ch_pool_get(pool, handle), 42);
    assert_eq!(ch_pool_release(pool, object), OK);
    let mut out = std::ptr::null_mut();
    assert_eq!(ch_pool_get_try(pool, &mut out, handle), STALE);
    assert!((0..3).all(|_| !ch_pool_acquire(pool).is_null()));
    assert!(ch_pool_acquire(pool).is_null());
    assert_eq!(ch_pool_in_use(pool), 3);
    assert_eq!(ch_pool_fini(pool), OK);
}

unsafe fn map_finds_what_was_entered() {
    assert_eq!(squares_begin(1), OK);
    assert!((0..100).all(|key| squares_enter(key, key * key) == OK));
    assert_eq!(squares_enter(100, 0), -10); // CH_EFULL
    assert!((0..100).all(|key| *squares_find(key) == key * key));
    assert!(squares_find(100).is_null());
}

fn main() {
    unsafe {
        arena_gives_and_takes_back();
        pool_recycles_and_knows_stale_handles();
        map_finds_what_was_entered();
    }
    println!("arena, pool and map work from Rust");
}
