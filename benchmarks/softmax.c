/* The limit of `softmax.py`: softmax regression, 64 features, 10 classes, its loss and its training step, by hand.

   Classes stand side by side on the way forward, for four samples at a time; features on the way back, for five classes at a time. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vector.h"

enum { FEATURES = 64, CLASSES = 10, TOGETHER = 4, ROWS = 5, COLUMNS = 4, PARTS = (CLASSES + LANES - 1) / LANES };

typedef Vector Row[PARTS]; /* a number for each class; those added to fill it count for nothing */

static double softmax(const Row z, const Row y, double weight, Row d) {
    Vector sums = {0.0}, chosen = {0.0}, highest = z[0];
    double largest = -INFINITY;
    for (int v = 1; v < PARTS; v++) highest = z[v] + gate(highest - z[v], highest - z[v]);
    for (int i = 0; i < LANES; i++) largest = highest[i] > largest ? highest[i] : largest;
    for (int v = 0; v < PARTS; v++) d[v] = vector_exp(z[v] - largest), sums += d[v], chosen += y[v] * z[v];
    const double sum = total(sums), scale = weight / sum;
    for (int v = 0; v < PARTS; v++) d[v] = d[v] * scale - y[v] * weight;
    return (log(sum) + largest - total(chosen)) * weight;
}

/* One step of gradient descent; gives the loss before it. The number of samples is a multiple of four. */
static double step(Row *weights, double rate, const double *X, const Row *Y, int samples, Row *d) {
    double loss = 0.0;
    for (int n = 0; n < samples; n += TOGETHER) {
        Row z[TOGETHER];
        for (int m = 0; m < TOGETHER; m++)
            for (int v = 0; v < PARTS; v++) z[m][v] = weights[FEATURES][v];
        for (int f = 0; f < FEATURES; f++)
            for (int m = 0; m < TOGETHER; m++)
                for (int v = 0; v < PARTS; v++) z[m][v] += weights[f][v] * X[(n + m) * FEATURES + f];
        for (int m = 0; m < TOGETHER; m++) loss += softmax(z[m], Y[n + m], 1.0 / samples, d[n + m]);
    }
    for (int c = 0; c < CLASSES; c += ROWS)
        for (int f = 0; f < FEATURES; f += COLUMNS * LANES) {
            Vector g[ROWS][COLUMNS] = {{{0.0}}};
            for (int n = 0; n < samples; n++)
                for (int i = 0; i < ROWS; i++)
                    for (int j = 0; j < COLUMNS; j++) g[i][j] += ((const Vector *)&X[n * FEATURES + f])[j] * ((const double *)d[n])[c + i];
            for (int i = 0; i < ROWS; i++)
                for (int k = 0; k < COLUMNS * LANES; k++) ((double *)weights[f + k])[c + i] -= rate * ((double *)g[i])[k];
        }
    for (int n = 0; n < samples; n++)
        for (int v = 0; v < PARTS; v++) weights[FEATURES][v] -= d[n][v] * rate;
    return loss;
}

/* The loss at the last of the steps, which change the parameters: a row for each class, its weights, then its bias. -1 without memory. */
double train(int steps, double rate, double *flat, const double *X, const double *Y, int samples) {
    Row weights[FEATURES + 1] = {{{0.0}}}, *y = aligned_alloc(sizeof(Vector), samples * sizeof *y), *d = aligned_alloc(sizeof(Vector), samples * sizeof *d);
    double *x = aligned_alloc(sizeof(Vector), samples * FEATURES * sizeof *x), loss = -1.0;
    if (x && y && d) {
        memcpy(x, X, samples * FEATURES * sizeof *x);
        memset(y, 0, samples * sizeof *y);
        for (int n = 0; n < samples; n++) memcpy(y[n], &Y[n * CLASSES], CLASSES * sizeof *Y);
        for (int c = CLASSES; c < PARTS * LANES; c++) ((double *)weights[FEATURES])[c] = -500.0;
        for (int c = 0; c < CLASSES; c++)
            for (int f = 0; f <= FEATURES; f++) ((double *)weights[f])[c] = flat[c * (FEATURES + 1) + f];
        for (int i = 0; i < steps; i++) loss = step(weights, rate, x, y, samples, d);
        for (int c = 0; c < CLASSES; c++)
            for (int f = 0; f <= FEATURES; f++) flat[c * (FEATURES + 1) + f] = ((double *)weights[f])[c];
    }
    free(x), free(y), free(d);
    return loss;
}
