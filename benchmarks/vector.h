/* Vectors as wide as the machine's, as GCC and Clang know them for any machine, and exp of them by hand. */

#if defined __AVX512F__
enum { LANES = 8 };
#elif defined __AVX__
enum { LANES = 4 };
#else
enum { LANES = 2 };
#endif

typedef double Vector __attribute__((vector_size(LANES * sizeof(double))));
typedef long long Mask __attribute__((vector_size(LANES * sizeof(double))));

/* x where y is positive, else 0 */
static inline Vector gate(Vector x, Vector y) { return (Vector)((Mask)x & (y > 0.0)); }

static inline double total(Vector x) {
    double sum = 0.0;
    for (int i = 0; i < LANES; i++) sum += x[i];
    return sum;
}

/* exp(x) for |x| < 700, within some units in the last place: x = n log 2 + r, the series of exp(r), and n into the exponent */
static inline Vector vector_exp(Vector x) {
    const double round = 0x1.8p52;
    const Vector shifted = x * 0x1.71547652b82fep0 + round, n = shifted - round;
    const Vector r = (x - n * 0x1.62e42fefa3800p-1) - n * 0x1.ef35793c76730p-45, r2 = r * r, r4 = r2 * r2;
    const Vector low = (1.0 + r) + r2 * (1.0 / 2 + r * (1.0 / 6));
    const Vector middle = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040));
    const Vector high = (1.0 / 40320 + r * (1.0 / 362880)) + r2 * (1.0 / 3628800 + r * (1.0 / 39916800));
    const Vector y = low + r4 * (middle + r4 * (high + r4 * (1.0 / 479001600 + r * (1.0 / 6227020800))));
    return (Vector)((Mask)y + ((Mask)shifted << 52));
}
