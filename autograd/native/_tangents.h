/* How the partials of each operation change as its arguments do, printed from the rows of autograd/ops.py by forward mode. Do not edit:
   change a row there, and then

       python -m autograd.native.generate

   dx is the tangent of an argument x, dy that of the value y, and p[k] that of the partial for argument k. */

#ifndef AUTOGRAD_TANGENTS_H
#define AUTOGRAD_TANGENTS_H

#include "_nary.h"

static inline double ag_times(double t, double p) {
    return t == 0.0 ? 0.0 : t * p;
}

static inline void ag_mul_tangents(double y, double dy, double a, double b, double da, double db, double *p) {
    (void)y, (void)dy, (void)a, (void)b;
    p[0] = db;
    p[1] = da;
}

static inline void ag_div_tangents(double y, double dy, double a, double b, double da, double db, double *p) {
    (void)a, (void)da;
    p[0] = ag_times(db, -(1.0 / b) / b);
    p[1] = ag_times(-dy, 1.0 / b) + ag_times(db, -(ag_neg(y) / b) / b);
}

static inline void ag_pow_tangents(double z, double dz, double x, double y, double dx, double dy, double *p) {
    const double t0 = y - 1.0;
    const double t1 = pow(x, t0);
    const double t2 = ag_times(dx, ag_where(ag_where(t0, 0.0, 1.0 / x - 1.0 / x), 0.0, t0 * ag_pow(x, t0 - 1.0))) + ag_times(dy, ag_where(ag_where(x, 1.0, ag_step(-t0, 0.0)), t1 * ag_log(x), 0.0));
    const double t3 = ag_where(x, 1.0, ag_step(ag_neg(y), 0.0)) != 0.0 ? ag_times(dz, ag_log(x)) + ag_times(ag_times(dx, 1.0 / x), z) : 0.0;
    p[0] = ag_where(y, 0.0, 1.0 / x - 1.0 / x) != 0.0 ? 0.0 : ag_times(dy, t1) + ag_times(t2, y);
    p[1] = t3;
}

static inline void ag_powc_tangents(double y, double dy, double x, double c, double dx, double dc, double *p) {
    (void)y, (void)dy, (void)dc;
    const double t0 = c - 1.0;
    p[0] = c != 0.0 ? ag_times(ag_times(dx, ag_where(t0, t0 * ag_pow(x, t0 - 1.0), 0.0)), c) : 0.0;
    p[1] = 0.0;
}

static inline void ag_dot_tangents(double y, double dy, const double *w, const double *x, const double *dw, const double *dx, size_t n, double *p) {
    (void)y;
    (void)dy;
    (void)w;
    (void)x;
    for (size_t i = 0; i < n; i++) {
        p[i] = dx[i];
        p[n + i] = dw[i];
    }
}

static inline void ag_sqrt_tangents(double y, double dy, double x, double dx, double *p) {
    (void)x, (void)dx;
    p[0] = ag_times(dy, -(0.5 / y) / y);
}

static inline void ag_exp_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)x, (void)dx;
    p[0] = dy;
}

static inline void ag_expm1_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = ag_times(dx, ag_exp(x));
}

static inline void ag_log_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = ag_times(dx, -(1.0 / x) / x);
}

static inline void ag_log1p_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = 1.0 + x;
    p[0] = ag_times(dx, -(1.0 / t0) / t0);
}

static inline void ag_logsumexp_tangents(double y, double dy, const double *x, const double *dx, size_t n, double *p) {
    (void)y;
    (void)dy;
    double s0 = n ? x[0] : NAN;
    for (size_t i = 1; i < n; i++) {
        s0 = s0 >= x[i] || isnan(s0) ? s0 : x[i];
    }
    double *s1_terms = (double *)malloc((n + 1) * sizeof(double));
    if (!s1_terms) {
        for (size_t i = 0; i < n; i++) p[i] = NAN;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        s1_terms[i] = ag_exp(x[i] - ag_stop_gradient(s0));
    }
    const double s1 = ag_sum(s1_terms, n);
    free(s1_terms);
    double s2 = n ? ag_times(dx[0], ag_exp(x[0] - ag_stop_gradient(s0))) : NAN;
    for (size_t i = 1; i < n; i++) {
        s2 = s2 + ag_times(dx[i], ag_exp(x[i] - ag_stop_gradient(s0)));
    }
    for (size_t i = 0; i < n; i++) {
        const double t0 = ag_exp(x[i] - ag_stop_gradient(s0));
        p[i] = ag_times(ag_times(dx[i], t0), 1.0 / s1) + ag_times(s2, -(t0 / s1) / s1);
    }
}

static inline void ag_sigmoid_tangents(double y, double dy, double x, double dx, double *p) {
    const double t0 = ag_neg(x);
    const double t1 = ag_sigmoid(t0);
    p[0] = ag_times(dy, t1) + ag_times(ag_times(-dx, t1 * ag_sigmoid(-t0)), y);
}

static inline void ag_tanh_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = 2.0 * x;
    const double t1 = ag_sigmoid(t0);
    const double t2 = -2.0 * x;
    const double t3 = ag_sigmoid(t2);
    const double t4 = ag_times(ag_times(ag_times(ag_times(dx, 2.0), t1 * ag_sigmoid(-t0)), 4.0), t3) + ag_times(ag_times(ag_times(dx, -2.0), t3 * ag_sigmoid(-t2)), 4.0 * t1);
    p[0] = t4;
}

static inline void ag_softplus_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = ag_times(dx, ag_sigmoid(x) * ag_sigmoid(-x));
}

static inline void ag_leaky_relu_tangents(double y, double dy, double x, double slope, double dx, double dslope, double *p) {
    (void)y, (void)dy;
    const double t0 = 1.0 <= slope || isnan(1.0) ? 1.0 : slope;
    const double t1 = 1.0 - ag_step(slope, t0);
    const double t2 = 1.0 - ag_step(1.0, t0);
    const double t3 = ag_sum(AG_LIST(t2, t1), 2);
    const double t4 = x != 0.0 ? ag_times(dslope, 1.0 - ag_step(x, 0.0)) : ag_times(dslope, t1 / t3 * (1.0 - ag_step(t2 / t3, 0.0)));
    const double t5 = x <= 0.0 || isnan(x) ? x : 0.0;
    const double t6 = 1.0 - ag_step(x, t5);
    const double t7 = 1.0 - ag_step(0.0, t5);
    const double t8 = ag_sum(AG_LIST(t6, t7), 2);
    p[0] = t4;
    p[1] = ag_times(dx, t6 / t8 * (1.0 - ag_step(t7 / t8, 0.0)));
}

static inline void ag_erf_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_neg(x);
    const double t1 = (ag_abs(x) == INFINITY ? 1.0 : 0.0) != 0.0 ? 0.0 : ag_times(ag_times(-dx, x) + ag_times(dx, t0), ag_exp(t0 * x));
    p[0] = ag_times(t1, 1.1283791670955126);
}

static inline void ag_sin_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = ag_times(dx, -ag_sin(x));
}

static inline void ag_cos_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = -ag_times(dx, ag_cos(x));
}

static inline void ag_tan_tangents(double y, double dy, double x, double dx, double *p) {
    (void)x, (void)dx;
    p[0] = ag_times(dy, y) + ag_times(dy, y);
}

static inline void ag_asin_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = 1.0 + x;
    const double t1 = 1.0 - x;
    const double t2 = ag_sqrt(t1 * t0);
    p[0] = ag_times(ag_times(ag_times(-dx, t0) + ag_times(dx, t1), 0.5 / t2), -(1.0 / t2) / t2);
}

static inline void ag_acos_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = 1.0 + x;
    const double t1 = 1.0 - x;
    const double t2 = ag_sqrt(t1 * t0);
    p[0] = ag_times(ag_times(ag_times(-dx, t0) + ag_times(dx, t1), 0.5 / t2), -(-1.0 / t2) / t2);
}

static inline void ag_atan_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = 1.0 + x * x;
    const double t1 = (ag_abs(x) == INFINITY ? 1.0 : 0.0) != 0.0 ? 0.0 : ag_times(ag_times(dx, x) + ag_times(dx, x), -(1.0 / t0) / t0);
    p[0] = t1;
}

static inline void ag_atan2_tangents(double z, double dz, double y, double x, double dy, double dx, double *p) {
    (void)z, (void)dz;
    const double t0 = ag_hypot(y, x);
    const double t1 = ag_abs(y);
    const double t2 = ag_abs(x);
    const double t3 = ag_stop_gradient(t1 >= t2 || isnan(t1) ? t1 : t2);
    const double t4 = y / t3;
    const double t5 = x / t3;
    const double t6 = ag_hypot(t4, t5);
    const double t7 = ag_times(dy, ag_where(t3, t4 / t6, 0.0)) + ag_times(dx, ag_where(t3, t5 / t6, 0.0));
    const double t8 = x / t0;
    const double t9 = t0 != 0.0 ? ag_times(ag_times(dx, 1.0 / t0) + ag_times(t7, -t8 / t0), 1.0 / t0) + ag_times(t7, -(t8 / t0) / t0) : 0.0;
    const double t10 = ag_neg(y) / t0;
    const double t11 = ag_times(ag_times(-dy, 1.0 / t0) + ag_times(t7, -t10 / t0), 1.0 / t0) + ag_times(t7, -(t10 / t0) / t0);
    p[0] = t9;
    p[1] = t0 != 0.0 ? t11 : 0.0;
}

static inline void ag_hypot_tangents(double y, double dy, double a, double b, double da, double db, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_abs(a);
    const double t1 = ag_abs(b);
    const double t2 = ag_stop_gradient(t0 >= t1 || isnan(t0) ? t0 : t1);
    const double t3 = ag_times(da, 1.0 / t2);
    const double t4 = a / t2;
    const double t5 = b / t2;
    const double t6 = ag_hypot(t4, t5);
    const double t7 = ag_abs(t4);
    const double t8 = ag_abs(t5);
    const double t9 = ag_stop_gradient(t7 >= t8 || isnan(t7) ? t7 : t8);
    const double t10 = t4 / t9;
    const double t11 = t5 / t9;
    const double t12 = ag_hypot(t10, t11);
    const double t13 = ag_times(db, 1.0 / t2);
    const double t14 = ag_times(t3, ag_where(t9, t10 / t12, 0.0)) + ag_times(t13, ag_where(t9, t11 / t12, 0.0));
    p[0] = t2 != 0.0 ? ag_times(t3, 1.0 / t6) + ag_times(t14, -(t4 / t6) / t6) : 0.0;
    p[1] = t2 != 0.0 ? ag_times(t13, 1.0 / t6) + ag_times(t14, -(t5 / t6) / t6) : 0.0;
}

static inline void ag_sinh_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = ag_times(dx, ag_sinh(x));
}

static inline void ag_cosh_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = ag_times(dx, ag_cosh(x));
}

static inline void ag_norm_tangents(double y, double dy, const double *x, const double *dx, size_t n, double *p) {
    (void)y;
    (void)dy;
    double s0 = n ? ag_abs(x[0]) : NAN;
    for (size_t i = 1; i < n; i++) {
        const double t0 = ag_abs(x[i]);
        s0 = s0 >= t0 || isnan(s0) ? s0 : t0;
    }
    double *s1_terms = (double *)malloc((n + 1) * sizeof(double));
    if (!s1_terms) {
        for (size_t i = 0; i < n; i++) p[i] = NAN;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        s1_terms[i] = x[i] / ag_stop_gradient(s0);
    }
    const double s1 = ag_norm(s1_terms, n);
    free(s1_terms);
    double s2 = n ? ag_abs(x[0] / ag_stop_gradient(s0)) : NAN;
    for (size_t i = 1; i < n; i++) {
        const double t0 = ag_abs(x[i] / ag_stop_gradient(s0));
        s2 = s2 >= t0 || isnan(s2) ? s2 : t0;
    }
    double *s3_terms = (double *)malloc((n + 1) * sizeof(double));
    if (!s3_terms) {
        for (size_t i = 0; i < n; i++) p[i] = NAN;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        s3_terms[i] = x[i] / ag_stop_gradient(s0) / ag_stop_gradient(s2);
    }
    const double s3 = ag_norm(s3_terms, n);
    free(s3_terms);
    const double t0 = ag_stop_gradient(s0);
    const double t1 = ag_stop_gradient(s2);
    double s4 = n ? ag_times(ag_times(dx[0], 1.0 / t0), ag_where(t1, x[0] / t0 / t1 / s3, 0.0)) : NAN;
    for (size_t i = 1; i < n; i++) {
        const double t0 = ag_stop_gradient(s0);
        const double t1 = ag_stop_gradient(s2);
        s4 = s4 + ag_times(ag_times(dx[i], 1.0 / t0), ag_where(t1, x[i] / t0 / t1 / s3, 0.0));
    }
    for (size_t i = 0; i < n; i++) {
        const double t0 = ag_stop_gradient(s0);
        const double t1 = t0 != 0.0 ? ag_times(ag_times(dx[i], 1.0 / t0), 1.0 / s1) + ag_times(s4, -(x[i] / t0 / s1) / s1) : 0.0;
        p[i] = t1;
    }
}

static inline void ag_exp2_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)x, (void)dx;
    p[0] = ag_times(dy, 0.6931471805599453);
}

static inline void ag_log2_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = ag_times(dx, -(1.4426950408889634 / x) / x);
}

static inline void ag_log10_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    p[0] = ag_times(dx, -(0.4342944819032518 / x) / x);
}

static inline void ag_logaddexp_tangents(double y, double dy, double a, double b, double da, double db, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_abs(a) < INFINITY ? 1.0 : 0.0;
    const double t1 = a == b ? 1.0 : 0.0;
    const double t2 = t0 != 0.0 ? da + -db : t1 != 0.0 ? 0.0 : da + -db;
    const double t3 = ag_where(t0, a - b, ag_where(t1, 0.0, a - b));
    const double t4 = ag_neg(t3);
    p[0] = ag_times(t2, ag_sigmoid(t3) * ag_sigmoid(-t3));
    p[1] = ag_times(-t2, ag_sigmoid(t4) * ag_sigmoid(-t4));
}

static inline void ag_cbrt_tangents(double y, double dy, double x, double dx, double *p) {
    (void)x, (void)dx;
    const double t0 = 3.0 * y;
    const double t1 = t0 * y;
    p[0] = ag_times(ag_times(ag_times(dy, 3.0), y) + ag_times(dy, t0), -(1.0 / t1) / t1);
}

static inline void ag_asinh_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_abs(x);
    const double t1 = ag_stop_gradient(1.0 >= t0 || isnan(1.0) ? 1.0 : t0);
    const double t2 = x / t1;
    const double t3 = ag_hypot(1.0, x);
    const double t4 = (ag_abs(x) == INFINITY ? 1.0 : 0.0) != 0.0 ? 0.0 : ag_times(ag_times(dx, ag_where(t1, t2 / ag_hypot(1.0 / t1, t2), 0.0)), -(1.0 / t3) / t3);
    p[0] = t4;
}

static inline void ag_acosh_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_sqrt(x - 1.0);
    const double t1 = ag_sqrt(x + 1.0);
    const double t2 = t0 * t1;
    const double t3 = ag_times(ag_times(ag_times(dx, 0.5 / t0), t1) + ag_times(ag_times(dx, 0.5 / t1), t0), -(1.0 / t2) / t2);
    p[0] = t3;
}

static inline void ag_atanh_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = 1.0 + x;
    const double t1 = 1.0 - x;
    const double t2 = t1 * t0;
    p[0] = ag_times(ag_times(-dx, t0) + ag_times(dx, t1), -(1.0 / t2) / t2);
}

static inline void ag_gelu_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_times(dx, 0.3989422804014327 * ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, ag_exp(-0.5 * x * x)));
    const double t1 = -0.5 * x;
    const double t2 = ag_exp(t1 * x);
    const double t3 = (ag_abs(x) == INFINITY ? 1.0 : 0.0) != 0.0 ? 0.0 : ag_times(dx, t2) + ag_times(ag_times(ag_times(ag_times(dx, -0.5), x) + ag_times(dx, t1), t2), x);
    p[0] = t0 + ag_times(t3, 0.3989422804014327);
}

static inline void ag_silu_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_sigmoid(x);
    const double t1 = ag_abs(x) == INFINITY ? 1.0 : 0.0;
    const double t2 = ag_neg(x);
    const double t3 = ag_sigmoid(t2);
    const double t4 = ag_times(ag_times(dx, t0 * ag_sigmoid(-x)), 1.0 + ag_where(t1, 0.0, x * t3)) + ag_times(t1 != 0.0 ? 0.0 : ag_times(dx, t3) + ag_times(ag_times(-dx, t3 * ag_sigmoid(-t2)), x), t0);
    p[0] = t4;
}

static inline void ag_erfc_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_neg(x);
    const double t1 = (ag_abs(x) == INFINITY ? 1.0 : 0.0) != 0.0 ? 0.0 : ag_times(ag_times(-dx, x) + ag_times(dx, t0), ag_exp(t0 * x));
    p[0] = ag_times(t1, -1.1283791670955126);
}

static inline void ag_erfcx_tangents(double y, double dy, double x, double dx, double *p) {
    const double t0 = 1.4142135623730951 * x;
    const double t1 = ag_mills(1.0, t0);
    const double t2 = ag_times(ag_times(ag_times(dx, 1.4142135623730951), t1 * (t1 - ag_mills(2.0, t0))), -1.4142135623730951);
    const double t3 = (x < 3.0 ? 1.0 : 0.0) != 0.0 ? ag_times(ag_times(dx, 2.0), y) + ag_times(dy, 2.0 * x) : ag_times(t2, y) + ag_times(dy, -1.4142135623730951 * t1);
    p[0] = t3;
}

static inline void ag_ndtr_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = -0.5 * x;
    const double t1 = (ag_abs(x) == INFINITY ? 1.0 : 0.0) != 0.0 ? 0.0 : ag_times(ag_times(ag_times(dx, -0.5), x) + ag_times(dx, t0), ag_exp(t0 * x));
    p[0] = ag_times(t1, 0.3989422804014327);
}

static inline void ag_log_ndtr_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_neg(x);
    const double t1 = ag_mills(1.0, t0);
    const double t2 = ag_abs(x) == INFINITY ? 1.0 : 0.0;
    const double t3 = -0.5 * x;
    const double t4 = ag_exp(t3 * x);
    const double t5 = ag_times(t2 != 0.0 ? 0.0 : ag_times(ag_times(ag_times(dx, -0.5), x) + ag_times(dx, t3), t4), 0.3989422804014327);
    const double t6 = ag_ndtr(x);
    const double t7 = ag_times(dx, 0.3989422804014327 * ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, ag_exp(-0.5 * x * x)));
    const double t8 = (x < -4.0 ? 1.0 : 0.0) != 0.0 ? ag_times(-dx, t1 * (t1 - ag_mills(2.0, t0))) + -dx : ag_times(t5, 1.0 / t6) + ag_times(t7, -(0.3989422804014327 * ag_where(t2, 0.0, t4) / t6) / t6);
    p[0] = t8;
}

static inline void ag_erfinv_tangents(double y, double dy, double x, double dx, double *p) {
    (void)x, (void)dx;
    p[0] = ag_times(ag_times(ag_times(dy, y) + ag_times(dy, y), ag_exp(y * y)), 0.886226925452758);
}

static inline void ag_lgamma_tangents(double y, double dy, double x, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = ag_less(x, 0.0);
    const double t1 = ag_where(t0, 1.0 - x, x);
    const double t2 = ag_digamma(t1) - ag_digamma(x);
    const double t3 = ag_zeta(2.0, t1);
    p[0] = ag_times(dx, ag_where(t0, 9.869604401089358 + t2 * t2 - t3, t3));
}

static inline void ag_digamma_tangents(double y, double dy, double x, double dx, double *p) {
    const double t0 = x < 0.0 ? 1.0 : 0.0;
    const double t1 = t0 != 0.0 ? -dx : dx;
    const double t2 = ag_where(t0, 1.0 - x, x);
    const double t3 = ag_less(t2, 0.0);
    const double t4 = ag_where(t3, 1.0 - t2, t2);
    const double t5 = ag_digamma(t2);
    const double t6 = ag_digamma(t4) - t5;
    const double t7 = ag_zeta(2.0, t4);
    const double t8 = ag_times(t1, ag_where(t3, 9.869604401089358 + t6 * t6 - t7, t7)) + -dy;
    const double t9 = t5 - y;
    const double t10 = ag_times(t1, -2.0 * ag_zeta(3.0, t2));
    p[0] = t0 != 0.0 ? ag_times(t8, t9) + ag_times(t8, t9) + -t10 : t10;
}

static inline void ag_zeta_tangents(double y, double dy, double s, double x, double ds, double dx, double *p) {
    (void)y, (void)dy;
    const double t0 = s + 1.0;
    const double t1 = ag_times(-ds, ag_zeta(t0, x)) + ag_times(ag_times(ds, NAN) + ag_times(dx, -t0 * ag_zeta(t0 + 1.0, x)), ag_neg(s));
    p[0] = 0.0;
    p[1] = t1;
}

static inline void ag_mills_tangents(double y, double dy, double n, double x, double dn, double dx, double *p) {
    const double t0 = n + 1.0;
    const double t1 = ag_mills(t0, x);
    const double t2 = ag_times(dy, y - t1) + ag_times(dy + -(ag_times(dn, NAN) + ag_times(dx, t1 * (t1 - ag_mills(t0 + 1.0, x)))), y);
    p[0] = 0.0;
    p[1] = t2;
}

static inline void ag_ndtri_tangents(double y, double dy, double x, double dx, double *p) {
    const double t0 = -0.7071067811865476 * y;
    const double t1 = ag_erfcx(t0);
    const double t2 = ag_where(ag_less(t0, 3.0), 2.0 * t0 * t1 - 1.1283791670955126, -1.4142135623730951 * ag_mills(1.0, 1.4142135623730951 * t0) * t1);
    const double t3 = 0.7071067811865476 * y;
    const double t4 = ag_erfcx(t3);
    const double t5 = ag_where(ag_less(t3, 3.0), 2.0 * t3 * t4 - 1.1283791670955126, -1.4142135623730951 * ag_mills(1.0, 1.4142135623730951 * t3) * t4);
    const double t6 = 1.0 - x;
    const double t7 = (x < 0.5 ? 1.0 : 0.0) != 0.0 ? ag_times(ag_times(ag_times(dy, -0.7071067811865476), t2), 1.0 / x) + ag_times(dx, -(t1 / x) / x) : ag_times(ag_times(ag_times(dy, 0.7071067811865476), t5), 1.0 / t6) + ag_times(-dx, -(t4 / t6) / t6);
    p[0] = (ag_abs(y) == INFINITY ? 1.0 : 0.0) != 0.0 ? 0.0 : ag_times(t7, 1.2533141373155003);
}

static inline void ag_gamma_tangents(double y, double dy, double x, double dx, double *p) {
    const double t0 = ag_digamma(x);
    const double t1 = ag_less(x, 0.0);
    const double t2 = ag_where(t1, 1.0 - x, x);
    const double t3 = ag_digamma(t2) - t0;
    const double t4 = ag_zeta(2.0, t2);
    p[0] = ag_times(dy, t0) + ag_times(ag_times(dx, ag_where(t1, 9.869604401089358 + t3 * t3 - t4, t4)), y);
}

/* By code, on n arguments; and whether the partials change at all. */

static const unsigned char ag_curved[AG_COUNT] = {
    [AG_MUL] = 1,
    [AG_DIV] = 1,
    [AG_POW] = 1,
    [AG_POWC] = 1,
    [AG_DOT] = 1,
    [AG_SQRT] = 1,
    [AG_EXP] = 1,
    [AG_EXPM1] = 1,
    [AG_LOG] = 1,
    [AG_LOG1P] = 1,
    [AG_LOGSUMEXP] = 1,
    [AG_SIGMOID] = 1,
    [AG_TANH] = 1,
    [AG_SOFTPLUS] = 1,
    [AG_LEAKY_RELU] = 1,
    [AG_ERF] = 1,
    [AG_SIN] = 1,
    [AG_COS] = 1,
    [AG_TAN] = 1,
    [AG_ASIN] = 1,
    [AG_ACOS] = 1,
    [AG_ATAN] = 1,
    [AG_ATAN2] = 1,
    [AG_HYPOT] = 1,
    [AG_SINH] = 1,
    [AG_COSH] = 1,
    [AG_NORM] = 1,
    [AG_EXP2] = 1,
    [AG_LOG2] = 1,
    [AG_LOG10] = 1,
    [AG_LOGADDEXP] = 1,
    [AG_CBRT] = 1,
    [AG_ASINH] = 1,
    [AG_ACOSH] = 1,
    [AG_ATANH] = 1,
    [AG_GELU] = 1,
    [AG_SILU] = 1,
    [AG_ERFC] = 1,
    [AG_ERFCX] = 1,
    [AG_NDTR] = 1,
    [AG_LOG_NDTR] = 1,
    [AG_ERFINV] = 1,
    [AG_LGAMMA] = 1,
    [AG_DIGAMMA] = 1,
    [AG_ZETA] = 1,
    [AG_MILLS] = 1,
    [AG_NDTRI] = 1,
    [AG_GAMMA] = 1,
};

static inline void ag_tangents(int code, double y, double dy, const double *x, const double *dx, size_t n, double *p) {
    switch (code) {
    case AG_MUL: ag_mul_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_DIV: ag_div_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_POW: ag_pow_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_POWC: ag_powc_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_DOT: ag_dot_tangents(y, dy, x, x + n / 2, dx, dx + n / 2, n / 2, p); return;
    case AG_SQRT: ag_sqrt_tangents(y, dy, x[0], dx[0], p); return;
    case AG_EXP: ag_exp_tangents(y, dy, x[0], dx[0], p); return;
    case AG_EXPM1: ag_expm1_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LOG: ag_log_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LOG1P: ag_log1p_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LOGSUMEXP: ag_logsumexp_tangents(y, dy, x, dx, n, p); return;
    case AG_SIGMOID: ag_sigmoid_tangents(y, dy, x[0], dx[0], p); return;
    case AG_TANH: ag_tanh_tangents(y, dy, x[0], dx[0], p); return;
    case AG_SOFTPLUS: ag_softplus_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LEAKY_RELU: ag_leaky_relu_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_ERF: ag_erf_tangents(y, dy, x[0], dx[0], p); return;
    case AG_SIN: ag_sin_tangents(y, dy, x[0], dx[0], p); return;
    case AG_COS: ag_cos_tangents(y, dy, x[0], dx[0], p); return;
    case AG_TAN: ag_tan_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ASIN: ag_asin_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ACOS: ag_acos_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ATAN: ag_atan_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ATAN2: ag_atan2_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_HYPOT: ag_hypot_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_SINH: ag_sinh_tangents(y, dy, x[0], dx[0], p); return;
    case AG_COSH: ag_cosh_tangents(y, dy, x[0], dx[0], p); return;
    case AG_NORM: ag_norm_tangents(y, dy, x, dx, n, p); return;
    case AG_EXP2: ag_exp2_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LOG2: ag_log2_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LOG10: ag_log10_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LOGADDEXP: ag_logaddexp_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_CBRT: ag_cbrt_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ASINH: ag_asinh_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ACOSH: ag_acosh_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ATANH: ag_atanh_tangents(y, dy, x[0], dx[0], p); return;
    case AG_GELU: ag_gelu_tangents(y, dy, x[0], dx[0], p); return;
    case AG_SILU: ag_silu_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ERFC: ag_erfc_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ERFCX: ag_erfcx_tangents(y, dy, x[0], dx[0], p); return;
    case AG_NDTR: ag_ndtr_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LOG_NDTR: ag_log_ndtr_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ERFINV: ag_erfinv_tangents(y, dy, x[0], dx[0], p); return;
    case AG_LGAMMA: ag_lgamma_tangents(y, dy, x[0], dx[0], p); return;
    case AG_DIGAMMA: ag_digamma_tangents(y, dy, x[0], dx[0], p); return;
    case AG_ZETA: ag_zeta_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_MILLS: ag_mills_tangents(y, dy, x[0], x[1], dx[0], dx[1], p); return;
    case AG_NDTRI: ag_ndtri_tangents(y, dy, x[0], dx[0], p); return;
    case AG_GAMMA: ag_gamma_tangents(y, dy, x[0], dx[0], p); return;
    }
}

#endif
