/* What compilers and systems say differently, under one name each. Everything else is C11, but for the vectors of the kernel, which GCC
   and Clang have. */

#ifndef AUTOGRAD_PORTABLE_H
#define AUTOGRAD_PORTABLE_H

#include <stddef.h>
#include <stdint.h>

/* The place of the lowest bit that is set; and have memory at hand that will be read, or changed, soon. */
#if defined(__GNUC__) || defined(__clang__)
#define LOWEST_BIT(WORD) ((size_t)__builtin_ctzll(WORD))
#define FETCH_TO_READ(AT) __builtin_prefetch(AT)
#define FETCH_TO_WRITE(AT) __builtin_prefetch(AT, 1)
#else
static inline size_t LOWEST_BIT(uint64_t word) {
    size_t place = 0;
    for (; !(word & 1); word >>= 1) place++;
    return place;
}
#define FETCH_TO_READ(AT) ((void)(AT))
#define FETCH_TO_WRITE(AT) ((void)(AT))
#endif

/* Signals that threads are started without, and what the child of a fork calls first: Windows has neither. */
#if defined(_WIN32)
typedef int Signals;
static inline void signals_off(Signals *before) { *before = 0; }
static inline void signals_back(const Signals *before) { (void)before; }
static inline int call_after_fork(void (*f)(void)) { return f == NULL; }
#else
#include <pthread.h>
#include <signal.h>
typedef sigset_t Signals;
static inline void signals_off(Signals *before) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
}
static inline void signals_back(const Signals *before) { pthread_sigmask(SIG_SETMASK, before, NULL); }
static inline int call_after_fork(void (*f)(void)) { return pthread_atfork(NULL, NULL, f); }
#endif

#endif
