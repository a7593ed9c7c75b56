/* The limit of `asian.py`: paths side by side in vectors; price, delta, vega and rho by a reverse sweep over each, by hand.

   With LIBMVEC, and -ffast-math, exp is that of the C library for vectors. */

#include <math.h>

#include "vector.h"

enum { STEPS = 12 };

typedef Vector Anywhere __attribute__((aligned(sizeof(double))));

#ifdef LIBMVEC
static inline Vector vectors_exp(Vector x) {
    Vector y;
    for (int i = 0; i < LANES; i++) y[i] = exp(x[i]);
    return y;
}
#define vector_exp vectors_exp
#endif

/* Sums over the paths, whose number is a multiple of eight, into the results. `shocks` has a row for each step. */
void price(double spot, double volatility, double rate, double strike, const double *shocks, long paths, double *results) {
    const double dt = 1.0 / STEPS, drift = (rate - volatility * volatility / 2) * dt, scale = volatility * sqrt(dt), discount = exp(-rate);
    Vector payoffs = {0.0}, to_spot = {0.0}, to_drift = {0.0}, to_scale = {0.0};
    for (long n = 0; n < paths; n += LANES) {
        Vector z[STEPS], s[STEPS], last = (Vector){0.0} + spot, sum = {0.0}, x = {0.0};
        for (int k = 0; k < STEPS; k++) {
            z[k] = *(const Anywhere *)&shocks[k * paths + n];
            sum += s[k] = last *= vector_exp(drift + scale * z[k]);
        }
        const Vector above = sum / STEPS - strike, weight = gate((Vector){0.0} + discount / STEPS, above);
        payoffs += gate(above, above) * discount;
        for (int k = STEPS - 1; k >= 0; k--) { /* x: of the exponent, the spot's share times the spot */
            x += weight * s[k];
            to_drift += x;
            to_scale += x * z[k];
        }
        to_spot += x;
    }
    results[0] = total(payoffs) / paths;
    results[1] = total(to_spot) / spot / paths;
    results[2] = (total(to_scale) * sqrt(dt) - total(to_drift) * volatility * dt) / paths;
    results[3] = total(to_drift) * dt / paths - results[0];
}
