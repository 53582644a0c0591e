// How the program's memory is kept: the same for the command line and for the programs that measure it.
#pragma once

#include <malloc.h>

/// Pictures come and go in their hundred thousands, made by one thread and freed by another.
///
/// One arena: with one for every thread glibc keeps pieces that are torn by what lies between them, and a pass over
/// 40,000 images took 20 % more memory. Two threads that paste wait for each other a little: with two arenas they are
/// 1.77 times as fast as one, with one 1.68, but 10,000 images take 17 % more memory than 2,500, not 8.
///
/// What was freed is kept for the next picture: fetching a page anew costs microseconds on a virtual machine, which was
/// two fifths of the time that pasting took.
///
/// To be called first of all, before any thread is there.
inline void keep_memory() {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
}
