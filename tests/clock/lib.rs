//! A clock that can be stepped. Preloaded into a process (`LD_PRELOAD`), it stands in for the functions that tell the
//! time of day, and adds what the file that `BEEORM_TEST_CLOCK` names has in it: eight bytes, a number of seconds, which
//! may change at any moment. The clock that only runs on (`CLOCK_MONOTONIC`) is left alone, as no administrator and no
//! time server can step it.
//!
//! A library of our own, since the one that is known for this does not start in a process with jemalloc, which Redis
//! brings. A process whose file is not there ends at once.

#![cfg(target_os = "linux")]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr,
    sync::atomic::{AtomicI64, AtomicPtr, Ordering},
};

use libc::{clockid_t, pthread_cond_t, pthread_mutex_t, time_t, timespec, timeval, timezone};

const FILE: &CStr = c"BEEORM_TEST_CLOCK";

/// No clock that only runs on is so late, and no time of day so early: 2001.
const TIME_OF_DAY: time_t = 1_000_000_000;

/// The file's content, once it is mapped.
static STEP: AtomicPtr<AtomicI64> = AtomicPtr::new(ptr::null_mut());

/// By how many seconds the clock is stepped.
fn step() -> time_t {
    let mut step = STEP.load(Ordering::Acquire);
    if step.is_null() {
        step = map();
        // Two threads may map it, and either will do.
        STEP.store(step, Ordering::Release);
    }
    // SAFETY: it is mapped for as long as the process runs, on a page of its own, and only ever read here.
    unsafe { &*step }.load(Ordering::Relaxed)
}

/// Maps the file. Nothing here allocates: an allocator may be what asks for the time.
fn map() -> *mut AtomicI64 {
    // SAFETY: the names end with a zero; nothing of this program changes the environment.
    let mapped = unsafe {
        let path = libc::getenv(FILE.as_ptr());
        if path.is_null() {
            libc::abort();
        }
        let file = libc::open(path, libc::O_RDONLY | libc::O_CLOEXEC);
        let size = size_of::<AtomicI64>();
        let shared = libc::MAP_SHARED;
        let mapped = libc::mmap(ptr::null_mut(), size, libc::PROT_READ, shared, file, 0);
        libc::close(file);
        mapped
    };
    if mapped == libc::MAP_FAILED {
        // SAFETY: it takes nothing.
        unsafe { libc::abort() }
    }
    mapped.cast()
}

/// # Safety
///
/// As of the function of C: `time` is to be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the caller's promise is what the kernel asks for.
    let told = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
    if told == 0 && matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE) {
        // SAFETY: the kernel has just written there.
        unsafe { (*time).tv_sec += step() };
    }
    if told == 0 { 0 } else { -1 }
}

/// # Safety
///
/// As of the function of C: `time` is to be written to, or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut timeval, zone: *mut timezone) -> c_int {
    // SAFETY: the caller's promise is what the kernel asks for.
    let told = unsafe { libc::syscall(libc::SYS_gettimeofday, time, zone) };
    if told == 0 && !time.is_null() {
        // SAFETY: the kernel has just written there.
        unsafe { (*time).tv_sec += step() };
    }
    if told == 0 { 0 } else { -1 }
}

/// # Safety
///
/// As of the function of C: `time` is to be written to, or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(time: *mut time_t) -> time_t {
    let mut now = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: it is written to.
    unsafe { clock_gettime(libc::CLOCK_REALTIME, &raw mut now) };
    if !time.is_null() {
        // SAFETY: the caller's promise.
        unsafe { *time = now.tv_sec };
    }
    now.tv_sec
}

/// Waits until a time of day, which for the kernel is the one that it tells itself.
///
/// # Safety
///
/// As of the function of C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_cond_timedwait(
    condition: *mut pthread_cond_t,
    mutex: *mut pthread_mutex_t,
    until: *const timespec,
) -> c_int {
    type Wait =
        unsafe extern "C" fn(*mut pthread_cond_t, *mut pthread_mutex_t, *const timespec) -> c_int;
    static WAIT: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

    let mut wait = WAIT.load(Ordering::Relaxed);
    if wait.is_null() {
        wait = next(c"pthread_cond_timedwait");
        WAIT.store(wait, Ordering::Relaxed);
    }
    // SAFETY: the C library's function of this name is of this type.
    let wait = unsafe { std::mem::transmute::<*mut c_void, Wait>(wait) };
    // SAFETY: the caller's promise.
    let mut until = unsafe { *until };
    if until.tv_sec > TIME_OF_DAY {
        until.tv_sec -= step();
    }
    // SAFETY: the caller's promise; the time is ours.
    unsafe { wait(condition, mutex, &raw const until) }
}

/// The C library's own function: of the current kind, where there is an older one under the same name.
fn next(name: &CStr) -> *mut c_void {
    unsafe extern "C" {
        fn dlvsym(handle: *mut c_void, name: *const c_char, version: *const c_char) -> *mut c_void;
    }
    // SAFETY: the names end with a zero.
    let found = unsafe {
        let found = dlvsym(libc::RTLD_NEXT, name.as_ptr(), c"GLIBC_2.3.2".as_ptr());
        if found.is_null() {
            libc::dlsym(libc::RTLD_NEXT, name.as_ptr())
        } else {
            found
        }
    };
    if found.is_null() {
        // SAFETY: it takes nothing.
        unsafe { libc::abort() }
    }
    found
}
