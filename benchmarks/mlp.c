/* The limit of `mlp.py`: micrograd's demo network 2-16-16-1, its loss and its training step, by hand.

   The 16 units of a layer stand side by side in vectors: of loops over plain doubles GCC makes what takes up to four times as long. */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vector.h"

enum { UNITS = 16, PARTS = UNITS / LANES };

typedef Vector Row[PARTS];

typedef struct {
    Row first[3], second[UNITS + 1]; /* from each input, and last the bias: its weights to the units */
    double last[UNITS + 1];
} Parameters;

static double gradient(const Parameters *p, const double *X, const double *Y, int samples, Row *h, Row *dk, Parameters *g) {
    double loss = 0.0, squares = 0.0;
    Row transposed[UNITS], last, sum;
    memset(g, 0, sizeof *g);
    memcpy(last, p->last, sizeof last);
    for (int i = 0; i < UNITS; i++)
        for (int j = 0; j < UNITS; j++) ((double *)transposed[j])[i] = ((const double *)p->second[i])[j];
    for (int n = 0; n < samples; n++) {
        const double *x = &X[2 * n];
        Row k;
        for (int v = 0; v < PARTS; v++) {
            const Vector z = p->first[0][v] * x[0] + p->first[1][v] * x[1] + p->first[2][v];
            h[n][v] = gate(z, z);
        }
        for (int v = 0; v < PARTS; v++) sum[v] = p->second[UNITS][v];
        for (int i = 0; i < UNITS; i++)
            for (int v = 0; v < PARTS; v++) sum[v] += p->second[i][v] * ((double *)h[n])[i];
        for (int v = 0; v < PARTS; v++) k[v] = gate(sum[v], sum[v]);
        Vector products = k[0] * last[0];
        for (int v = 1; v < PARTS; v++) products += k[v] * last[v];
        const double margin = 1.0 - Y[n] * (p->last[UNITS] + total(products)), d = margin > 0.0 ? -Y[n] / samples : 0.0;
        loss += margin > 0.0 ? margin / samples : 0.0;

        g->last[UNITS] += d;
        for (int v = 0; v < PARTS; v++) {
            ((Vector *)g->last)[v] += k[v] * d;
            dk[n][v] = gate(last[v] * d, k[v]);
            g->second[UNITS][v] += dk[n][v];
            sum[v] = (Vector){0.0};
        }
        for (int j = 0; j < UNITS; j++)
            for (int v = 0; v < PARTS; v++) sum[v] += transposed[j][v] * ((double *)dk[n])[j];
        for (int v = 0; v < PARTS; v++) {
            const Vector dh = gate(sum[v], h[n][v]);
            g->first[0][v] += dh * x[0];
            g->first[1][v] += dh * x[1];
            g->first[2][v] += dh;
        }
    }
    for (int i = 0; i < UNITS; i++) {
        Row even = {{0.0}}, odd = {{0.0}};
        for (int n = 0; n < samples; n++)
            for (int v = 0; v < PARTS; v++) (n % 2 ? odd : even)[v] += dk[n][v] * ((double *)h[n])[i];
        for (int v = 0; v < PARTS; v++) g->second[i][v] = even[v] + odd[v];
    }
    const double *w = (const double *)p;
    double *dw = (double *)g;
    for (size_t i = 0; i < offsetof(Parameters, last) / sizeof *w + UNITS + 1; i++) squares += w[i] * w[i], dw[i] += 2e-4 * w[i];
    return loss + 1e-4 * squares;
}

/* `flat` has a row for each unit: its weights, then its bias. */
static void move(double *flat, Parameters *p, int back) {
    for (int j = 0; j < UNITS; j++)
        for (int i = 0; i < 3; i++, flat++) {
            double *w = (double *)p->first[i] + j;
            *(back ? flat : w) = *(back ? w : flat);
        }
    for (int j = 0; j < UNITS; j++)
        for (int i = 0; i < UNITS + 1; i++, flat++) {
            double *w = (double *)p->second[i] + j;
            *(back ? flat : w) = *(back ? w : flat);
        }
    memcpy(back ? flat : p->last, back ? p->last : flat, sizeof p->last);
}

/* The loss at the last of the steps, which change the parameters; -1 where there is no memory. */
double train(int steps, double rate, double *flat, const double *X, const double *Y, int samples) {
    Row *rows = aligned_alloc(sizeof(Row), 2 * samples * sizeof(Row));
    if (!rows) return -1.0;
    Parameters p, g;
    double loss = 0.0, *w = (double *)&p, *dw = (double *)&g;
    move(flat, &p, 0);
    for (int step = 0; step < steps; step++) {
        loss = gradient(&p, X, Y, samples, rows, rows + samples, &g);
        for (size_t i = 0; i < offsetof(Parameters, last) / sizeof *w + UNITS + 1; i++) w[i] -= rate * dw[i];
    }
    move(flat, &p, 1);
    free(rows);
    return loss;
}
