/* The elementary functions in C, printed from autograd/elementary.py. Do not edit: change a formula there, and then

       python -m autograd.native.generate

   For _vecmath.h, once for each instruction set. */

LANES_INLINE double LANES(square)(double x) {
    return x * x;
}

LANES_INLINE double LANES(inverse)(double x) {
    return 1.0 / x;
}

LANES_INLINE double LANES(root)(double x) {
    return LANES(pick)(x == -INFINITY, INFINITY, sqrt(x) + 0.0);
}

#if LANES_WIDTH

LANES_INLINE double LANES(cube)(double x) {
    const double t0 = x * x;
    return LANES(pick)(fabs(t0) < INFINITY, LANES_FMA(t0, x, LANES_FMA(x, x, -t0) * x), t0 * x);
}

LANES_INLINE double LANES(exp_usual)(double x) {
    const double t0 = LANES_FMA(x, 0x1.71547652b82fep0, 0x1.80000000002p52);
    const double t1 = t0 - 0x1.80000000002p52;
    const double t2 = LANES_FMA(-t1, 0x1.62e42fefa38p-1, x);
    const double t3 = t1 * 0x1.ef35793c7673p-45;
    const double t4 = t2 - t3;
    const double t5 = t4 * t4;
    const double t6 = t5 * t5;
    const double t7 = LANES_FMA(t5, LANES_FMA(t4, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t4, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t8 = LANES_FMA(t5, LANES_FMA(t4, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t4, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t9 = LANES_FMA(t4, LANES_FMA(t6, LANES_FMA(t6, LANES_FMA(t4, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t8), t7), 0.5);
    const double t10 = LANES(from_bits)(LANES(bits)(LANES_FMA(0x1p-512, t2 + LANES_FMA(t5, t9, -t3), 0x1p-512)) + (LANES(bits)(t0) << 52));
    return t10;
}

LANES_INLINE int LANES(exp_is_usual)(double x) {
    return fabs(x) <= 354.0;
}

LANES_INLINE double LANES(exp_anywhere)(double x) {
    const double t0 = fabs(x);
    const double t1 = copysign(LANES(pick)(t0 > 760.0, 760.0, t0), x);
    const double t2 = LANES_FMA(t1, 0x1.71547652b82fep0, 0x1.80000000007fep52);
    const double t3 = t2 - 0x1.80000000007fep52;
    const double t4 = LANES_FMA(-t3, 0x1.62e42fefa38p-1, t1);
    const double t5 = t3 * 0x1.ef35793c7673p-45;
    const double t6 = t4 - t5;
    const double t7 = t6 * t6;
    const double t8 = t7 * t7;
    const double t9 = LANES_FMA(t7, LANES_FMA(t6, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t6, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t10 = LANES_FMA(t7, LANES_FMA(t6, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t6, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const uint64_t t11 = LANES(bits)(t2);
    const double t12 = LANES_FMA(t6, LANES_FMA(t8, LANES_FMA(t8, LANES_FMA(t6, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t10), t9), 0.5);
    const uint64_t t13 = t11 >> 1;
    const double t14 = (1.0 + (t4 + LANES_FMA(t7, t12, -t5))) * LANES(from_bits)(t13 << 52) * LANES(from_bits)((t11 - t13) << 52);
    return t14;
}

LANES_INLINE double LANES(expm1_usual)(double x) {
    const double t0 = LANES_FMA(x, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t1 = t0 - 0x1.80000000003ffp52;
    const double t2 = LANES_FMA(-t1, 0x1.62e42fefa38p-1, x);
    const double t3 = t1 * 0x1.ef35793c7673p-45;
    const double t4 = t2 - t3;
    const double t5 = t4 * t4;
    const double t6 = t5 * t5;
    const double t7 = LANES_FMA(t5, LANES_FMA(t4, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t4, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t8 = LANES_FMA(t5, LANES_FMA(t4, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t4, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t9 = LANES_FMA(t4, LANES_FMA(t6, LANES_FMA(t6, LANES_FMA(t4, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t8), t7), 0.5);
    const double t10 = LANES(from_bits)(LANES(bits)(t0) << 52);
    const double t11 = t10 - 1.0;
    const double t12 = t10 * t2;
    const double t13 = t11 + t12;
    const double t14 = t13 + LANES_FMA(t10, LANES_FMA(t5, t9, -t3) + t4 * (t2 - t4 - t3), t12 - (t13 - t11) + (t10 - t11 - 1.0));
    return LANES(from_bits)(LANES(bits)(t14) | (LANES(bits)(x) & 0x8000000000000000));
}

LANES_INLINE int LANES(expm1_is_usual)(double x) {
    return fabs(x) <= 708.0;
}

LANES_INLINE double LANES(expm1_anywhere)(double x) {
    const double t0 = LANES(pick)(x > 710.0, 710.0, x);
    const double t1 = LANES(pick)(t0 < -708.0, -708.0, t0);
    const double t2 = LANES_FMA(t1, 0x1.71547652b82fep0, 0x1.80000000003fep52);
    const double t3 = t2 - 0x1.80000000003fep52;
    const double t4 = LANES_FMA(-t3, 0x1.62e42fefa38p-1, t1);
    const double t5 = t3 * 0x1.ef35793c7673p-45;
    const double t6 = t4 - t5;
    const double t7 = t6 * t6;
    const double t8 = t7 * t7;
    const double t9 = LANES_FMA(t7, LANES_FMA(t6, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t6, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t10 = LANES_FMA(t7, LANES_FMA(t6, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t6, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t11 = LANES_FMA(t6, LANES_FMA(t8, LANES_FMA(t8, LANES_FMA(t6, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t10), t9), 0.5);
    const double t12 = LANES(from_bits)(LANES(bits)(t2) << 52);
    const double t13 = t12 - 0.5;
    const double t14 = t12 * t4;
    const double t15 = t13 + t14;
    const double t16 = t15 + LANES_FMA(t12, LANES_FMA(t7, t11, -t5) + t6 * (t4 - t6 - t5), t14 - (t15 - t13) + (t12 - t13 - 0.5));
    return LANES(pick)(fabs(x) < 0x1p-54, x, 2.0 * t16);
}

LANES_INLINE double LANES(log_usual)(double x) {
    const uint64_t t0 = LANES(bits)(x) + 0x95f619980c433;
    const double t1 = LANES(from_bits)((t0 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52;
    const double t2 = LANES(from_bits)((t0 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const double t3 = t2 / (2.0 + t2);
    const double t4 = t3 * t3;
    const double t5 = t4 * t4;
    const double t6 = LANES_FMA(t5, LANES_FMA(t5, 0x1.2b5900de53b32p-3, LANES_FMA(t4, 0x1.39fe51a7c18f9p-3, 0x1.7462b51cb66b1p-3)), LANES_FMA(t4, 0x1.c71c62e3f11e6p-3, 0x1.2492492df281ap-2));
    const double t7 = 0.5 * t2;
    const double t8 = LANES_FMA(-t7, t2, t2);
    const double t9 = t1 * 0x1.62e42fefa38p-1;
    const double t10 = t9 + t8;
    const double t11 = LANES_FMA(t3, LANES_FMA(t4, LANES_FMA(t5, t6, LANES_FMA(t4, 0x1.99999999952d7p-2, 0x1.5555555555558p-1)), t7 * t2), t1 * 0x1.ef35793c7673p-45);
    return t10 + (t11 + (t8 - (t10 - t9) + LANES_FMA(-t7, t2, t2 - t8)));
}

LANES_INLINE int LANES(log_is_usual)(double x) {
    return (x >= 0x1p-1022) & (x < INFINITY);
}

LANES_INLINE double LANES(log_anywhere)(double x) {
    const int t0 = x < 0x1p-1022;
    const uint64_t t1 = LANES(bits)(LANES(pick)(t0, x * 0x1p54, x)) + 0x95f619980c433;
    const double t2 = LANES(from_bits)((t1 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52 - LANES(pick)(t0, 54.0, 0.0);
    const double t3 = LANES(from_bits)((t1 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const double t4 = t3 / (2.0 + t3);
    const double t5 = t4 * t4;
    const double t6 = t5 * t5;
    const double t7 = LANES_FMA(t6, LANES_FMA(t6, 0x1.2b5900de53b32p-3, LANES_FMA(t5, 0x1.39fe51a7c18f9p-3, 0x1.7462b51cb66b1p-3)), LANES_FMA(t5, 0x1.c71c62e3f11e6p-3, 0x1.2492492df281ap-2));
    const double t8 = 0.5 * t3;
    const double t9 = LANES_FMA(-t8, t3, t3);
    const double t10 = t2 * 0x1.62e42fefa38p-1;
    const double t11 = t10 + t9;
    const double t12 = LANES_FMA(t4, LANES_FMA(t5, LANES_FMA(t6, t7, LANES_FMA(t5, 0x1.99999999952d7p-2, 0x1.5555555555558p-1)), t8 * t3), t2 * 0x1.ef35793c7673p-45);
    const double t13 = LANES(pick)((x > 0.0) & (x < INFINITY), t11 + (t12 + (t9 - (t11 - t10) + LANES_FMA(-t8, t3, t3 - t9))), LANES(pick)(x < 0.0, NAN, LANES(pick)(x == 0.0, -INFINITY, x)));
    return t13;
}

LANES_INLINE double LANES(log1p_usual)(double x) {
    const double t0 = 1.0 + x;
    const uint64_t t1 = LANES(bits)(t0) + 0x95f619980c433;
    const double t2 = LANES(from_bits)((t1 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52;
    const double t3 = LANES(from_bits)((t1 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const int t4 = t2 == 0.0;
    const double t5 = LANES(pick)(x < 1.0, x - (t0 - 1.0), 1.0 - (t0 - x)) * LANES(from_bits)(LANES(bits)(0x1.80000000003ffp52 - t2) << 52);
    const double t6 = LANES(pick)(t4, 0.0, t5 * LANES_FMA(t3, LANES_FMA(t3, 0x1.d41724ba1eb0ep-1, -0x1.14a309d18437ep0), 0x1.01475c12c6c9ep0));
    const double t7 = LANES(pick)(t4, x, t3);
    const double t8 = t7 / (2.0 + t7);
    const double t9 = t8 * t8;
    const double t10 = t9 * t9;
    const double t11 = LANES_FMA(t10, LANES_FMA(t10, 0x1.2b5900de53b32p-3, LANES_FMA(t9, 0x1.39fe51a7c18f9p-3, 0x1.7462b51cb66b1p-3)), LANES_FMA(t9, 0x1.c71c62e3f11e6p-3, 0x1.2492492df281ap-2));
    const double t12 = 0.5 * t7;
    const double t13 = LANES_FMA(-t12, t7, t7);
    const double t14 = t2 * 0x1.62e42fefa38p-1;
    const double t15 = t14 + t13;
    const double t16 = LANES_FMA(t9, LANES_FMA(t10, t11, LANES_FMA(t9, 0x1.99999999952d7p-2, 0x1.5555555555558p-1)), t12 * t7);
    const double t17 = LANES_FMA(t8, t16, LANES_FMA(t2, 0x1.ef35793c7673p-45, t6)) + (t13 - (t15 - t14) + LANES_FMA(-t12, t7, t7 - t13));
    return LANES(from_bits)(LANES(bits)(t15 + t17) | (LANES(bits)(x) & 0x8000000000000000));
}

LANES_INLINE int LANES(log1p_is_usual)(double x) {
    return (x > -1.0) & (x < 0x1p60);
}

LANES_INLINE double LANES(log1p_anywhere)(double x) {
    const double t0 = 1.0 + x;
    const uint64_t t1 = LANES(bits)(t0) + 0x95f619980c433;
    const double t2 = LANES(from_bits)((t1 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52;
    const double t3 = LANES(from_bits)((t1 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const int t4 = t2 == 0.0;
    const double t5 = LANES(pick)(x < 1.0, x - (t0 - 1.0), 1.0 - (t0 - x)) * LANES(from_bits)(LANES(bits)(0x1.80000000003ffp52 - t2) << 52);
    const double t6 = LANES(pick)(t4, 0.0, t5 * LANES_FMA(t3, LANES_FMA(t3, 0x1.d41724ba1eb0ep-1, -0x1.14a309d18437ep0), 0x1.01475c12c6c9ep0));
    const double t7 = LANES(pick)(t4, x, t3);
    const double t8 = t7 / (2.0 + t7);
    const double t9 = t8 * t8;
    const double t10 = t9 * t9;
    const double t11 = LANES_FMA(t10, LANES_FMA(t10, 0x1.2b5900de53b32p-3, LANES_FMA(t9, 0x1.39fe51a7c18f9p-3, 0x1.7462b51cb66b1p-3)), LANES_FMA(t9, 0x1.c71c62e3f11e6p-3, 0x1.2492492df281ap-2));
    const double t12 = 0.5 * t7;
    const double t13 = LANES_FMA(-t12, t7, t7);
    const double t14 = t2 * 0x1.62e42fefa38p-1;
    const double t15 = t14 + t13;
    const double t16 = LANES_FMA(t9, LANES_FMA(t10, t11, LANES_FMA(t9, 0x1.99999999952d7p-2, 0x1.5555555555558p-1)), t12 * t7);
    const double t17 = LANES_FMA(t8, t16, LANES_FMA(t2, 0x1.ef35793c7673p-45, t6)) + (t13 - (t15 - t14) + LANES_FMA(-t12, t7, t7 - t13));
    const double t18 = LANES(pick)(x < 0x1p60, 1.0 + x, x);
    const int t19 = t18 < 0x1p-1022;
    const uint64_t t20 = LANES(bits)(LANES(pick)(t19, t18 * 0x1p54, t18)) + 0x95f619980c433;
    const double t21 = LANES(from_bits)((t20 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52 - LANES(pick)(t19, 54.0, 0.0);
    const double t22 = LANES(from_bits)((t20 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const double t23 = t22 / (2.0 + t22);
    const double t24 = t23 * t23;
    const double t25 = t24 * t24;
    const double t26 = LANES_FMA(t25, LANES_FMA(t25, 0x1.2b5900de53b32p-3, LANES_FMA(t24, 0x1.39fe51a7c18f9p-3, 0x1.7462b51cb66b1p-3)), LANES_FMA(t24, 0x1.c71c62e3f11e6p-3, 0x1.2492492df281ap-2));
    const double t27 = 0.5 * t22;
    const double t28 = LANES_FMA(-t27, t22, t22);
    const double t29 = t21 * 0x1.62e42fefa38p-1;
    const double t30 = t29 + t28;
    const double t31 = LANES_FMA(t24, LANES_FMA(t25, t26, LANES_FMA(t24, 0x1.99999999952d7p-2, 0x1.5555555555558p-1)), t27 * t22);
    const double t32 = LANES_FMA(t23, t31, t21 * 0x1.ef35793c7673p-45) + (t28 - (t30 - t29) + LANES_FMA(-t27, t22, t22 - t28));
    const double t33 = LANES(pick)((t18 > 0.0) & (t18 < INFINITY), t30 + t32, LANES(pick)(t18 < 0.0, NAN, LANES(pick)(t18 == 0.0, -INFINITY, t18)));
    const double t34 = LANES(pick)((x > -1.0) & (x < 0x1p60), LANES(from_bits)(LANES(bits)(t15 + t17) | (LANES(bits)(x) & 0x8000000000000000)), t33);
    return t34;
}

LANES_INLINE double LANES(sinh_usual)(double x) {
    const double t0 = fabs(x);
    const double t1 = LANES_FMA(t0, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t2 = t1 - 0x1.80000000003ffp52;
    const double t3 = LANES_FMA(-t2, 0x1.62e42fefa38p-1, t0);
    const double t4 = t2 * 0x1.ef35793c7673p-45;
    const double t5 = t3 - t4;
    const double t6 = t5 * t5;
    const double t7 = t6 * t6;
    const double t8 = LANES_FMA(t6, LANES_FMA(t5, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t5, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t9 = LANES_FMA(t6, LANES_FMA(t5, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t5, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t10 = LANES_FMA(t5, LANES_FMA(t7, LANES_FMA(t7, LANES_FMA(t5, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t9), t8), 0.5);
    const double t11 = LANES(from_bits)(LANES(bits)(t1) << 52);
    const double t12 = t11 - 1.0;
    const double t13 = t11 * t3;
    const double t14 = t12 + t13;
    const double t15 = LANES_FMA(t11, LANES_FMA(t6, t10, -t4) + t5 * (t3 - t5 - t4), t13 - (t14 - t12) + (t11 - t12 - 1.0));
    const double t16 = t14 + t15;
    return copysign((t16 + (t15 - (t16 - t14) + t16 / (t16 / 1.0 + 1.0))) * 0.5, x);
}

LANES_INLINE int LANES(sinh_is_usual)(double x) {
    return fabs(x) <= 708.0;
}

LANES_INLINE double LANES(sinh_anywhere)(double x) {
    const double t0 = fabs(x);
    const double t1 = copysign(LANES(pick)(t0 > 711.0, 711.0, t0), x);
    const double t2 = fabs(t1);
    const double t3 = LANES_FMA(t2, 0x1.71547652b82fep0, 0x1.80000000003fcp52);
    const double t4 = t3 - 0x1.80000000003fcp52;
    const double t5 = LANES_FMA(-t4, 0x1.62e42fefa38p-1, t2);
    const double t6 = t4 * 0x1.ef35793c7673p-45;
    const double t7 = t5 - t6;
    const double t8 = t7 * t7;
    const double t9 = t8 * t8;
    const double t10 = LANES_FMA(t8, LANES_FMA(t7, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t7, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t11 = LANES_FMA(t8, LANES_FMA(t7, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t7, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t12 = LANES_FMA(t7, LANES_FMA(t9, LANES_FMA(t9, LANES_FMA(t7, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t11), t10), 0.5);
    const double t13 = LANES(from_bits)(LANES(bits)(t3) << 52);
    const double t14 = t13 - 0.125;
    const double t15 = t13 * t5;
    const double t16 = t14 + t15;
    const double t17 = LANES_FMA(t13, LANES_FMA(t8, t12, -t6) + t7 * (t5 - t7 - t6), t15 - (t16 - t14) + (t13 - t14 - 0.125));
    const double t18 = t16 + t17;
    const double t19 = LANES(pick)(fabs(x) < 0x1p-54, x, copysign((t18 + (t17 - (t18 - t16) + t18 / (t18 / 0.125 + 1.0))) * 4.0, t1));
    return t19;
}

LANES_INLINE double LANES(cosh_usual)(double x) {
    const double t0 = fabs(x);
    const double t1 = LANES_FMA(t0, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t2 = t1 - 0x1.80000000003ffp52;
    const double t3 = LANES_FMA(-t2, 0x1.62e42fefa38p-1, t0);
    const double t4 = t2 * 0x1.ef35793c7673p-45;
    const double t5 = t3 - t4;
    const double t6 = t5 * t5;
    const double t7 = t6 * t6;
    const double t8 = LANES_FMA(t6, LANES_FMA(t5, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t5, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t9 = LANES_FMA(t6, LANES_FMA(t5, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t5, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t10 = LANES_FMA(t5, LANES_FMA(t7, LANES_FMA(t7, LANES_FMA(t5, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t9), t8), 0.5);
    const double t11 = 0.5 * ((1.0 + (t3 + LANES_FMA(t6, t10, -t4))) * LANES(from_bits)(LANES(bits)(t1) << 52));
    return t11 + 0.25 / t11;
}

LANES_INLINE int LANES(cosh_is_usual)(double x) {
    return fabs(x) <= 708.0;
}

LANES_INLINE double LANES(cosh_anywhere)(double x) {
    const double t0 = fabs(x);
    const double t1 = LANES(pick)(t0 > 760.0, 760.0, t0);
    const double t2 = LANES_FMA(t1, 0x1.71547652b82fep0, 0x1.80000000007fdp52);
    const double t3 = t2 - 0x1.80000000007fdp52;
    const double t4 = LANES_FMA(-t3, 0x1.62e42fefa38p-1, t1);
    const double t5 = t3 * 0x1.ef35793c7673p-45;
    const double t6 = t4 - t5;
    const double t7 = t6 * t6;
    const double t8 = t7 * t7;
    const double t9 = LANES_FMA(t7, LANES_FMA(t6, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t6, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t10 = LANES_FMA(t7, LANES_FMA(t6, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t6, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const uint64_t t11 = LANES(bits)(t2);
    const double t12 = LANES_FMA(t6, LANES_FMA(t8, LANES_FMA(t8, LANES_FMA(t6, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t10), t9), 0.5);
    const uint64_t t13 = t11 >> 1;
    const double t14 = (1.0 + (t4 + LANES_FMA(t7, t12, -t5))) * LANES(from_bits)(t13 << 52) * LANES(from_bits)((t11 - t13) << 52);
    return t14 + 0.25 / t14;
}

LANES_INLINE double LANES(sigmoid_usual)(double x) {
    const double t0 = -fabs(x);
    const double t1 = LANES_FMA(t0, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t2 = t1 - 0x1.80000000003ffp52;
    const double t3 = LANES_FMA(-t2, 0x1.62e42fefa38p-1, t0);
    const double t4 = t2 * 0x1.ef35793c7673p-45;
    const double t5 = t3 - t4;
    const double t6 = t5 * t5;
    const double t7 = t6 * t6;
    const double t8 = LANES_FMA(t6, LANES_FMA(t5, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t5, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t9 = LANES_FMA(t6, LANES_FMA(t5, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t5, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t10 = LANES_FMA(t5, LANES_FMA(t7, LANES_FMA(t7, LANES_FMA(t5, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t9), t8), 0.5);
    const double t11 = (1.0 + (t3 + LANES_FMA(t6, t10, -t4))) * LANES(from_bits)(LANES(bits)(t1) << 52);
    return LANES(pick)(x < 0.0, t11, 1.0) / (1.0 + t11);
}

LANES_INLINE int LANES(sigmoid_is_usual)(double x) {
    return fabs(x) <= 708.0;
}

LANES_INLINE double LANES(sigmoid_anywhere)(double x) {
    const double t0 = fabs(x);
    const double t1 = -LANES(pick)(t0 > 760.0, 760.0, t0);
    const double t2 = LANES_FMA(t1, 0x1.71547652b82fep0, 0x1.80000000007fep52);
    const double t3 = t2 - 0x1.80000000007fep52;
    const double t4 = LANES_FMA(-t3, 0x1.62e42fefa38p-1, t1);
    const double t5 = t3 * 0x1.ef35793c7673p-45;
    const double t6 = t4 - t5;
    const double t7 = t6 * t6;
    const double t8 = t7 * t7;
    const double t9 = LANES_FMA(t7, LANES_FMA(t6, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t6, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t10 = LANES_FMA(t7, LANES_FMA(t6, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t6, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const uint64_t t11 = LANES(bits)(t2);
    const double t12 = LANES_FMA(t6, LANES_FMA(t8, LANES_FMA(t8, LANES_FMA(t6, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t10), t9), 0.5);
    const uint64_t t13 = t11 >> 1;
    const double t14 = (1.0 + (t4 + LANES_FMA(t7, t12, -t5))) * LANES(from_bits)(t13 << 52) * LANES(from_bits)((t11 - t13) << 52);
    return LANES(pick)(x < 0.0, t14, 1.0) / (1.0 + t14);
}

LANES_INLINE double LANES(tanh_usual)(double x) {
    const double t0 = 2.0 * fabs(x);
    const double t1 = LANES_FMA(t0, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t2 = t1 - 0x1.80000000003ffp52;
    const double t3 = LANES_FMA(-t2, 0x1.62e42fefa38p-1, t0);
    const double t4 = t2 * 0x1.ef35793c7673p-45;
    const double t5 = t3 - t4;
    const double t6 = t5 * t5;
    const double t7 = t6 * t6;
    const double t8 = LANES_FMA(t6, LANES_FMA(t5, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t5, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t9 = LANES_FMA(t6, LANES_FMA(t5, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t5, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t10 = LANES_FMA(t5, LANES_FMA(t7, LANES_FMA(t7, LANES_FMA(t5, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t9), t8), 0.5);
    const double t11 = LANES(from_bits)(LANES(bits)(t1) << 52);
    const double t12 = LANES_FMA(t11, t3 + LANES_FMA(t6, t10, -t4), t11 - 1.0);
    return copysign(t12 / (t12 + 2.0), x);
}

LANES_INLINE int LANES(tanh_is_usual)(double x) {
    return fabs(x) <= 350.0;
}

LANES_INLINE double LANES(tanh_anywhere)(double x) {
    const double t0 = fabs(x);
    const double t1 = copysign(LANES(pick)(t0 > 350.0, 350.0, t0), x);
    const double t2 = 2.0 * fabs(t1);
    const double t3 = LANES_FMA(t2, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t4 = t3 - 0x1.80000000003ffp52;
    const double t5 = LANES_FMA(-t4, 0x1.62e42fefa38p-1, t2);
    const double t6 = t4 * 0x1.ef35793c7673p-45;
    const double t7 = t5 - t6;
    const double t8 = t7 * t7;
    const double t9 = t8 * t8;
    const double t10 = LANES_FMA(t8, LANES_FMA(t7, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t7, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t11 = LANES_FMA(t8, LANES_FMA(t7, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t7, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t12 = LANES_FMA(t7, LANES_FMA(t9, LANES_FMA(t9, LANES_FMA(t7, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t11), t10), 0.5);
    const double t13 = LANES(from_bits)(LANES(bits)(t3) << 52);
    const double t14 = LANES_FMA(t13, t5 + LANES_FMA(t8, t12, -t6), t13 - 1.0);
    return copysign(t14 / (t14 + 2.0), t1);
}

LANES_INLINE double LANES(softplus_usual)(double x) {
    const double t0 = -fabs(x);
    const double t1 = LANES_FMA(t0, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t2 = t1 - 0x1.80000000003ffp52;
    const double t3 = LANES_FMA(-t2, 0x1.62e42fefa38p-1, t0);
    const double t4 = t2 * 0x1.ef35793c7673p-45;
    const double t5 = t3 - t4;
    const double t6 = t5 * t5;
    const double t7 = t6 * t6;
    const double t8 = LANES_FMA(t6, LANES_FMA(t5, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t5, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t9 = LANES_FMA(t6, LANES_FMA(t5, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t5, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t10 = LANES_FMA(t5, LANES_FMA(t7, LANES_FMA(t7, LANES_FMA(t5, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t9), t8), 0.5);
    const double t11 = (1.0 + (t3 + LANES_FMA(t6, t10, -t4))) * LANES(from_bits)(LANES(bits)(t1) << 52);
    const int t12 = t11 > 0x1.a8p-2;
    const double t13 = LANES(pick)(t12, 1.0, 0.0);
    const double t14 = LANES(pick)(t12, 0.5 * (t11 - 1.0), t11);
    const double t15 = t14 / (2.0 + t14);
    const double t16 = t15 * t15;
    const double t17 = t16 * t16;
    const double t18 = LANES_FMA(t17, LANES_FMA(t17, 0x1.2b5900de53b32p-3, LANES_FMA(t16, 0x1.39fe51a7c18f9p-3, 0x1.7462b51cb66b1p-3)), LANES_FMA(t16, 0x1.c71c62e3f11e6p-3, 0x1.2492492df281ap-2));
    const double t19 = 0.5 * t14;
    const double t20 = LANES_FMA(-t19, t14, t14);
    const double t21 = t13 * 0x1.62e42fefa38p-1;
    const double t22 = t21 + t20;
    const double t23 = LANES_FMA(t16, LANES_FMA(t17, t18, LANES_FMA(t16, 0x1.99999999952d7p-2, 0x1.5555555555558p-1)), t19 * t14);
    const double t24 = LANES_FMA(t15, t23, t13 * 0x1.ef35793c7673p-45) + (t20 - (t22 - t21) + LANES_FMA(-t19, t14, t14 - t20));
    return LANES(pick)(x < 0.0, 0.0, x) + (t22 + t24);
}

LANES_INLINE int LANES(softplus_is_usual)(double x) {
    return fabs(x) <= 708.0;
}

LANES_INLINE double LANES(softplus_anywhere)(double x) {
    const double t0 = fabs(x);
    const double t1 = -LANES(pick)(t0 > 760.0, 760.0, t0);
    const double t2 = LANES_FMA(t1, 0x1.71547652b82fep0, 0x1.80000000007fep52);
    const double t3 = t2 - 0x1.80000000007fep52;
    const double t4 = LANES_FMA(-t3, 0x1.62e42fefa38p-1, t1);
    const double t5 = t3 * 0x1.ef35793c7673p-45;
    const double t6 = t4 - t5;
    const double t7 = t6 * t6;
    const double t8 = t7 * t7;
    const double t9 = LANES_FMA(t7, LANES_FMA(t6, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t6, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t10 = LANES_FMA(t7, LANES_FMA(t6, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t6, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const uint64_t t11 = LANES(bits)(t2);
    const double t12 = LANES_FMA(t6, LANES_FMA(t8, LANES_FMA(t8, LANES_FMA(t6, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t10), t9), 0.5);
    const uint64_t t13 = t11 >> 1;
    const double t14 = (1.0 + (t4 + LANES_FMA(t7, t12, -t5))) * LANES(from_bits)(t13 << 52) * LANES(from_bits)((t11 - t13) << 52);
    const int t15 = t14 > 0x1.a8p-2;
    const double t16 = LANES(pick)(t15, 1.0, 0.0);
    const double t17 = LANES(pick)(t15, 0.5 * (t14 - 1.0), t14);
    const double t18 = t17 / (2.0 + t17);
    const double t19 = t18 * t18;
    const double t20 = t19 * t19;
    const double t21 = LANES_FMA(t20, LANES_FMA(t20, 0x1.2b5900de53b32p-3, LANES_FMA(t19, 0x1.39fe51a7c18f9p-3, 0x1.7462b51cb66b1p-3)), LANES_FMA(t19, 0x1.c71c62e3f11e6p-3, 0x1.2492492df281ap-2));
    const double t22 = 0.5 * t17;
    const double t23 = LANES_FMA(-t22, t17, t17);
    const double t24 = t16 * 0x1.62e42fefa38p-1;
    const double t25 = t24 + t23;
    const double t26 = LANES_FMA(t19, LANES_FMA(t20, t21, LANES_FMA(t19, 0x1.99999999952d7p-2, 0x1.5555555555558p-1)), t22 * t17);
    const double t27 = LANES_FMA(t18, t26, t16 * 0x1.ef35793c7673p-45) + (t23 - (t25 - t24) + LANES_FMA(-t22, t17, t17 - t23));
    return LANES(pick)(x < 0.0, 0.0, x) + (t25 + t27);
}

LANES_INLINE double LANES(sin_usual)(double x) {
    const double t0 = LANES_FMA(x, 0x1.45f306dc9c883p-1, 0x1.8p52);
    const double t1 = t0 - 0x1.8p52;
    const double t2 = LANES_FMA(-t1, 0x1.921fb54442d18p0, x);
    const double t3 = t1 * 0x1.1a62633145c07p-54;
    const double t4 = t2 - t3;
    const double t5 = t4 - t2;
    const uint64_t t6 = LANES(bits)(t0);
    const double t7 = LANES_FMA(-t1, -0x1.f1976b7ed8fbcp-110, t2 - (t4 - t5) - (t3 + t5) - LANES_FMA(t1, 0x1.1a62633145c07p-54, -t3));
    const double t8 = t4 * t4;
    const double t9 = 0.5 * t4;
    const double t10 = t8 * t8;
    const double t11 = LANES_FMA(-t9, t4, 1.0);
    const double t12 = LANES_FMA(t10, LANES_FMA(t8, -0x1.907d8f29fe831p-37, 0x1.1eeb68cd22f56p-29), LANES_FMA(t8, -0x1.27e4fa17bf139p-22, 0x1.a01a019f4e9b4p-16));
    const double t13 = LANES_FMA(t10, LANES_FMA(t10, t12, LANES_FMA(t8, -0x1.6c16c16c16967p-10, 0x1.5555555555555p-5)), LANES_FMA(-t4, t7, LANES_FMA(-t9, t4, 1.0 - t11)));
    const double t14 = t4 * t4;
    const double t15 = t14 * t14;
    const double t16 = LANES_FMA(t15, LANES_FMA(t14, 0x1.5e0b05bff20f2p-33, -0x1.ae600aca92c64p-26), LANES_FMA(t14, 0x1.71de379654304p-19, -0x1.a01a019e83816p-13));
    const double t17 = LANES_FMA(t14 * t4, LANES_FMA(t15, t16, LANES_FMA(t14, 0x1.1111111110bb2p-7, -0x1.5555555555555p-3)), LANES_FMA(-0.5 * t14, t7, t7));
    const double t18 = LANES(pick)(fabs(x) < 0x1p-27, x, LANES(from_bits)(LANES(bits)(LANES(pick)((t6 & 1) != 0, t11 + t13, t4 + t17)) ^ ((t6 & 2) << 62)));
    return t18;
}

LANES_INLINE int LANES(sin_is_usual)(double x) {
    return fabs(x) <= 100000.0;
}

LANES_INLINE double LANES(sin_anywhere)(double x) {
    const double t0 = LANES_FMA(x, 0x1.45f306dc9c883p-1, 0x1.8p52);
    const double t1 = t0 - 0x1.8p52;
    const double t2 = LANES_FMA(-t1, 0x1.921fb54442d18p0, x);
    const double t3 = t1 * 0x1.1a62633145c07p-54;
    const double t4 = t2 - t3;
    const double t5 = t4 - t2;
    const uint64_t t6 = LANES(bits)(t0);
    const double t7 = LANES_FMA(-t1, -0x1.f1976b7ed8fbcp-110, t2 - (t4 - t5) - (t3 + t5) - LANES_FMA(t1, 0x1.1a62633145c07p-54, -t3));
    const double t8 = t4 * t4;
    const double t9 = 0.5 * t4;
    const double t10 = t8 * t8;
    const double t11 = LANES_FMA(-t9, t4, 1.0);
    const double t12 = LANES_FMA(t10, LANES_FMA(t8, -0x1.907d8f29fe831p-37, 0x1.1eeb68cd22f56p-29), LANES_FMA(t8, -0x1.27e4fa17bf139p-22, 0x1.a01a019f4e9b4p-16));
    const double t13 = LANES_FMA(t10, LANES_FMA(t10, t12, LANES_FMA(t8, -0x1.6c16c16c16967p-10, 0x1.5555555555555p-5)), LANES_FMA(-t4, t7, LANES_FMA(-t9, t4, 1.0 - t11)));
    const double t14 = t4 * t4;
    const double t15 = t14 * t14;
    const double t16 = LANES_FMA(t15, LANES_FMA(t14, 0x1.5e0b05bff20f2p-33, -0x1.ae600aca92c64p-26), LANES_FMA(t14, 0x1.71de379654304p-19, -0x1.a01a019e83816p-13));
    const double t17 = LANES_FMA(t14 * t4, LANES_FMA(t15, t16, LANES_FMA(t14, 0x1.1111111110bb2p-7, -0x1.5555555555555p-3)), LANES_FMA(-0.5 * t14, t7, t7));
    const double t18 = LANES(pick)(fabs(x) < 0x1p-27, x, LANES(from_bits)(LANES(bits)(LANES(pick)((t6 & 1) != 0, t11 + t13, t4 + t17)) ^ ((t6 & 2) << 62)));
    return fabs(x) <= 100000.0 ? t18 : sin(x);
}

LANES_INLINE double LANES(cos_usual)(double x) {
    const double t0 = LANES_FMA(x, 0x1.45f306dc9c883p-1, 0x1.8p52);
    const double t1 = t0 - 0x1.8p52;
    const double t2 = LANES_FMA(-t1, 0x1.921fb54442d18p0, x);
    const double t3 = t1 * 0x1.1a62633145c07p-54;
    const double t4 = t2 - t3;
    const double t5 = t4 - t2;
    const double t6 = LANES_FMA(-t1, -0x1.f1976b7ed8fbcp-110, t2 - (t4 - t5) - (t3 + t5) - LANES_FMA(t1, 0x1.1a62633145c07p-54, -t3));
    const uint64_t t7 = LANES(bits)(t0) + 1;
    const double t8 = t4 * t4;
    const double t9 = 0.5 * t4;
    const double t10 = t8 * t8;
    const double t11 = LANES_FMA(-t9, t4, 1.0);
    const double t12 = LANES_FMA(t10, LANES_FMA(t8, -0x1.907d8f29fe831p-37, 0x1.1eeb68cd22f56p-29), LANES_FMA(t8, -0x1.27e4fa17bf139p-22, 0x1.a01a019f4e9b4p-16));
    const double t13 = LANES_FMA(t10, LANES_FMA(t10, t12, LANES_FMA(t8, -0x1.6c16c16c16967p-10, 0x1.5555555555555p-5)), LANES_FMA(-t4, t6, LANES_FMA(-t9, t4, 1.0 - t11)));
    const double t14 = t4 * t4;
    const double t15 = t14 * t14;
    const double t16 = LANES_FMA(t15, LANES_FMA(t14, 0x1.5e0b05bff20f2p-33, -0x1.ae600aca92c64p-26), LANES_FMA(t14, 0x1.71de379654304p-19, -0x1.a01a019e83816p-13));
    const double t17 = LANES_FMA(t14 * t4, LANES_FMA(t15, t16, LANES_FMA(t14, 0x1.1111111110bb2p-7, -0x1.5555555555555p-3)), LANES_FMA(-0.5 * t14, t6, t6));
    return LANES(from_bits)(LANES(bits)(LANES(pick)((t7 & 1) != 0, t11 + t13, t4 + t17)) ^ ((t7 & 2) << 62));
}

LANES_INLINE int LANES(cos_is_usual)(double x) {
    return fabs(x) <= 100000.0;
}

LANES_INLINE double LANES(cos_anywhere)(double x) {
    const double t0 = LANES_FMA(x, 0x1.45f306dc9c883p-1, 0x1.8p52);
    const double t1 = t0 - 0x1.8p52;
    const double t2 = LANES_FMA(-t1, 0x1.921fb54442d18p0, x);
    const double t3 = t1 * 0x1.1a62633145c07p-54;
    const double t4 = t2 - t3;
    const double t5 = t4 - t2;
    const double t6 = LANES_FMA(-t1, -0x1.f1976b7ed8fbcp-110, t2 - (t4 - t5) - (t3 + t5) - LANES_FMA(t1, 0x1.1a62633145c07p-54, -t3));
    const uint64_t t7 = LANES(bits)(t0) + 1;
    const double t8 = t4 * t4;
    const double t9 = 0.5 * t4;
    const double t10 = t8 * t8;
    const double t11 = LANES_FMA(-t9, t4, 1.0);
    const double t12 = LANES_FMA(t10, LANES_FMA(t8, -0x1.907d8f29fe831p-37, 0x1.1eeb68cd22f56p-29), LANES_FMA(t8, -0x1.27e4fa17bf139p-22, 0x1.a01a019f4e9b4p-16));
    const double t13 = LANES_FMA(t10, LANES_FMA(t10, t12, LANES_FMA(t8, -0x1.6c16c16c16967p-10, 0x1.5555555555555p-5)), LANES_FMA(-t4, t6, LANES_FMA(-t9, t4, 1.0 - t11)));
    const double t14 = t4 * t4;
    const double t15 = t14 * t14;
    const double t16 = LANES_FMA(t15, LANES_FMA(t14, 0x1.5e0b05bff20f2p-33, -0x1.ae600aca92c64p-26), LANES_FMA(t14, 0x1.71de379654304p-19, -0x1.a01a019e83816p-13));
    const double t17 = LANES_FMA(t14 * t4, LANES_FMA(t15, t16, LANES_FMA(t14, 0x1.1111111110bb2p-7, -0x1.5555555555555p-3)), LANES_FMA(-0.5 * t14, t6, t6));
    const double t18 = fabs(x) <= 100000.0 ? LANES(from_bits)(LANES(bits)(LANES(pick)((t7 & 1) != 0, t11 + t13, t4 + t17)) ^ ((t7 & 2) << 62)) : cos(x);
    return t18;
}

LANES_INLINE double LANES(erf_usual)(double x) {
    const double t0 = fabs(x);
    const double t1 = x * x;
    const double t2 = t1 * t1;
    const double t3 = t2 * t2;
    const double t4 = LANES_FMA(t2, LANES_FMA(t1, -0x1.b82ce31203772p-6, 0x1.ce2f21a040f66p-4), LANES_FMA(t1, -0x1.812746b0379c1p-2, 0x1.20dd750429b6dp0));
    const double t5 = LANES_FMA(t2, LANES_FMA(t1, -0x1.f4ca838adb73bp-17, 0x1.f9a2be4f731a1p-14), LANES_FMA(t1, -0x1.c02db0665e53dp-11, 0x1.565bccfa44156p-8));
    const double t6 = LANES_FMA(t2, LANES_FMA(t1, -0x1.ac9585a44fe29p-31, 0x1.d76af6ca49787p-27), LANES_FMA(t1, -0x1.5c131500d3f88p-23, 0x1.b981d78881a5dp-20));
    const double t7 = LANES(pick)(t0 > 6.0, 6.0, t0);
    const double t8 = 1.0 / (t7 + 2.0) - 0.25;
    const double t9 = t8 * t8;
    const double t10 = -t7 * t7;
    const double t11 = LANES_FMA(t10, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t12 = t11 - 0x1.80000000003ffp52;
    const double t13 = LANES_FMA(-t12, 0x1.62e42fefa38p-1, t10);
    const double t14 = t12 * 0x1.ef35793c7673p-45;
    const double t15 = t13 - t14;
    const double t16 = t15 * t15;
    const double t17 = t16 * t16;
    const double t18 = LANES_FMA(t16, LANES_FMA(t15, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t15, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t19 = LANES_FMA(t16, LANES_FMA(t15, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t15, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t20 = LANES_FMA(t17, LANES_FMA(t17, LANES_FMA(t15, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t19), t18);
    const double t21 = (1.0 + (t13 + LANES_FMA(t16, LANES_FMA(t15, t20, 0.5), -t14))) * LANES(from_bits)(LANES(bits)(t11) << 52);
    const double t22 = t9 * t9;
    const double t23 = LANES_FMA(t9, LANES_FMA(t8, 0x1.437f0b68becb3p2, 0x1.eeea7dc8a7819p1), LANES_FMA(t8, 0x1.b57034efd3f76p0, 0x1.058671b52c776p-2));
    const double t24 = LANES_FMA(t9, LANES_FMA(t8, 0x1.016b4ec748c8ap4, -0x1.bc25a59308a5dp1), LANES_FMA(t8, -0x1.ca95ed43053cep2, 0x1.e9471598d6c3fp-1));
    const double t25 = LANES_FMA(t9, LANES_FMA(t8, 0x1.c9d600f5a40f6p6, 0x1.cd2c58f063cfep4), LANES_FMA(t8, -0x1.6d9d7b593d08bp5, 0x1.6d61b8cf7c29fp1));
    const double t26 = LANES_FMA(-t21, LANES_FMA(t22, LANES_FMA(t22, LANES_FMA(t22, -0x1.c08b3ef5ebd17p7, t25), t24), t23), 1.0);
    return LANES(pick)(t0 < 1.0, x * LANES_FMA(t3, LANES_FMA(t3, t6, t5), t4), copysign(t26, x));
}

LANES_INLINE double LANES(erf_anywhere)(double x) {
    const double t0 = fabs(x);
    const double t1 = x * x;
    const double t2 = t1 * t1;
    const double t3 = t2 * t2;
    const double t4 = LANES_FMA(t2, LANES_FMA(t1, -0x1.b82ce31203772p-6, 0x1.ce2f21a040f66p-4), LANES_FMA(t1, -0x1.812746b0379c1p-2, 0x1.20dd750429b6dp0));
    const double t5 = LANES_FMA(t2, LANES_FMA(t1, -0x1.f4ca838adb73bp-17, 0x1.f9a2be4f731a1p-14), LANES_FMA(t1, -0x1.c02db0665e53dp-11, 0x1.565bccfa44156p-8));
    const double t6 = LANES_FMA(t2, LANES_FMA(t1, -0x1.ac9585a44fe29p-31, 0x1.d76af6ca49787p-27), LANES_FMA(t1, -0x1.5c131500d3f88p-23, 0x1.b981d78881a5dp-20));
    const double t7 = LANES(pick)(t0 > 6.0, 6.0, t0);
    const double t8 = 1.0 / (t7 + 2.0) - 0.25;
    const double t9 = t8 * t8;
    const double t10 = -t7 * t7;
    const double t11 = LANES_FMA(t10, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t12 = t11 - 0x1.80000000003ffp52;
    const double t13 = LANES_FMA(-t12, 0x1.62e42fefa38p-1, t10);
    const double t14 = t12 * 0x1.ef35793c7673p-45;
    const double t15 = t13 - t14;
    const double t16 = t15 * t15;
    const double t17 = t16 * t16;
    const double t18 = LANES_FMA(t16, LANES_FMA(t15, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t15, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t19 = LANES_FMA(t16, LANES_FMA(t15, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t15, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t20 = LANES_FMA(t17, LANES_FMA(t17, LANES_FMA(t15, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t19), t18);
    const double t21 = (1.0 + (t13 + LANES_FMA(t16, LANES_FMA(t15, t20, 0.5), -t14))) * LANES(from_bits)(LANES(bits)(t11) << 52);
    const double t22 = t9 * t9;
    const double t23 = LANES_FMA(t9, LANES_FMA(t8, 0x1.437f0b68becb3p2, 0x1.eeea7dc8a7819p1), LANES_FMA(t8, 0x1.b57034efd3f76p0, 0x1.058671b52c776p-2));
    const double t24 = LANES_FMA(t9, LANES_FMA(t8, 0x1.016b4ec748c8ap4, -0x1.bc25a59308a5dp1), LANES_FMA(t8, -0x1.ca95ed43053cep2, 0x1.e9471598d6c3fp-1));
    const double t25 = LANES_FMA(t9, LANES_FMA(t8, 0x1.c9d600f5a40f6p6, 0x1.cd2c58f063cfep4), LANES_FMA(t8, -0x1.6d9d7b593d08bp5, 0x1.6d61b8cf7c29fp1));
    const double t26 = LANES_FMA(-t21, LANES_FMA(t22, LANES_FMA(t22, LANES_FMA(t22, -0x1.c08b3ef5ebd17p7, t25), t24), t23), 1.0);
    return LANES(pick)(t0 < 1.0, x * LANES_FMA(t3, LANES_FMA(t3, t6, t5), t4), copysign(t26, x));
}

LANES_INLINE double LANES(pow_usual)(double x, double c) {
    const uint64_t t0 = LANES(bits)(x) + 0x95f619980c433;
    const double t1 = LANES(from_bits)((t0 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52;
    const double t2 = LANES(from_bits)((t0 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const double t3 = 2.0 + t2;
    const double t4 = 1.0 / t3;
    const double t5 = t2 * t4;
    const double t6 = LANES_FMA(-t5, t2 - (t3 - 2.0), LANES_FMA(-t5, t3, t2)) * t4;
    const double t7 = t5 * t5;
    const double t8 = t5 * t7;
    const double t9 = t8 * 0x1.5555555555555p-1;
    const double t10 = (LANES_FMA(t5, t7, -t8) + LANES_FMA(t5, LANES_FMA(2.0 * t5, t6, LANES_FMA(t5, t5, -t7)), t6 * t7)) * 0x1.5555555555555p-1;
    const double t11 = t7 * t7;
    const double t12 = LANES_FMA(t11, LANES_FMA(t7, 0x1.e02e6fff27908p-4, 0x1.df7cc8e5fa539p-4), LANES_FMA(t7, 0x1.1118c7e4b0917p-3, 0x1.3b1395d2190c1p-3));
    const double t13 = LANES_FMA(t11, LANES_FMA(t11, t12, LANES_FMA(t7, 0x1.745d177a96056p-3, 0x1.c71c71c6eaa1p-3)), LANES_FMA(t7, 0x1.2492492492521p-2, 0.4));
    const double t14 = t1 * 0x1.62e42fefa38p-1;
    const double t15 = 2.0 * t5;
    const double t16 = t14 + t15;
    const double t17 = t16 + t9;
    const double t18 = LANES_FMA(2.0, t6, LANES_FMA(t8, 0x1.5555555555555p-1, -t9) + LANES_FMA(t8, 0x1.5555555555555p-55, t10));
    const double t19 = LANES_FMA(t8 * t7, t13, LANES_FMA(t1, 0x1.ef35793c7673p-45, t15 - (t16 - t14) + (t9 - (t17 - t16)) + t18));
    const double t20 = t17 + t19;
    const double t21 = c * t20;
    const double t22 = LANES_FMA(t21, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t23 = t22 - 0x1.80000000003ffp52;
    const double t24 = LANES_FMA(-t23, 0x1.62e42fefa38p-1, t21);
    const double t25 = t23 * 0x1.ef35793c7673p-45;
    const double t26 = t24 - t25;
    const double t27 = t26 * t26;
    const double t28 = t27 * t27;
    const double t29 = LANES_FMA(t27, LANES_FMA(t26, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t26, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t30 = LANES_FMA(t27, LANES_FMA(t26, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t26, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t31 = LANES_FMA(t28, LANES_FMA(t28, LANES_FMA(t26, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t30), t29);
    const double t32 = LANES_FMA(t27, LANES_FMA(t26, t31, 0.5), -t25);
    const double t33 = 1.0 + t24;
    const double t34 = t24 - (t33 - 1.0) + LANES_FMA(LANES_FMA(c, t19 - (t20 - t17), LANES_FMA(c, t20, -t21)), t33 + t32, t32);
    return (t33 + t34) * LANES(from_bits)(LANES(bits)(t22) << 52);
}

LANES_INLINE int LANES(pow_is_usual)(double x, double c) {
    const double t0 = fabs(c);
    const double t1 = t0 * (fabs(LANES(from_bits)((LANES(bits)(x) >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52) + 1.0);
    return (((x >= 0x1p-1022) & (x < INFINITY)) & (t0 <= 512.0)) & (t1 <= 1021.0);
}

LANES_INLINE double LANES(pow_anywhere)(double x, double c) {
    const double t0 = fabs(c);
    const double t1 = t0 * (fabs(LANES(from_bits)((LANES(bits)(x) >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52) + 1.0);
    const uint64_t t2 = LANES(bits)(x) + 0x95f619980c433;
    const double t3 = LANES(from_bits)((t2 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52;
    const double t4 = LANES(from_bits)((t2 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const double t5 = 2.0 + t4;
    const double t6 = 1.0 / t5;
    const double t7 = t4 * t6;
    const double t8 = LANES_FMA(-t7, t4 - (t5 - 2.0), LANES_FMA(-t7, t5, t4)) * t6;
    const double t9 = t7 * t7;
    const double t10 = t7 * t9;
    const double t11 = t10 * 0x1.5555555555555p-1;
    const double t12 = (LANES_FMA(t7, t9, -t10) + LANES_FMA(t7, LANES_FMA(2.0 * t7, t8, LANES_FMA(t7, t7, -t9)), t8 * t9)) * 0x1.5555555555555p-1;
    const double t13 = t9 * t9;
    const double t14 = LANES_FMA(t13, LANES_FMA(t9, 0x1.e02e6fff27908p-4, 0x1.df7cc8e5fa539p-4), LANES_FMA(t9, 0x1.1118c7e4b0917p-3, 0x1.3b1395d2190c1p-3));
    const double t15 = LANES_FMA(t13, LANES_FMA(t13, t14, LANES_FMA(t9, 0x1.745d177a96056p-3, 0x1.c71c71c6eaa1p-3)), LANES_FMA(t9, 0x1.2492492492521p-2, 0.4));
    const double t16 = t3 * 0x1.62e42fefa38p-1;
    const double t17 = 2.0 * t7;
    const double t18 = t16 + t17;
    const double t19 = t18 + t11;
    const double t20 = LANES_FMA(2.0, t8, LANES_FMA(t10, 0x1.5555555555555p-1, -t11) + LANES_FMA(t10, 0x1.5555555555555p-55, t12));
    const double t21 = LANES_FMA(t10 * t9, t15, LANES_FMA(t3, 0x1.ef35793c7673p-45, t17 - (t18 - t16) + (t11 - (t19 - t18)) + t20));
    const double t22 = t19 + t21;
    const double t23 = c * t22;
    const double t24 = LANES_FMA(t23, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t25 = t24 - 0x1.80000000003ffp52;
    const double t26 = LANES_FMA(-t25, 0x1.62e42fefa38p-1, t23);
    const double t27 = t25 * 0x1.ef35793c7673p-45;
    const double t28 = t26 - t27;
    const double t29 = t28 * t28;
    const double t30 = t29 * t29;
    const double t31 = LANES_FMA(t29, LANES_FMA(t28, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t28, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t32 = LANES_FMA(t29, LANES_FMA(t28, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t28, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t33 = LANES_FMA(t30, LANES_FMA(t30, LANES_FMA(t28, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t32), t31);
    const double t34 = LANES_FMA(t29, LANES_FMA(t28, t33, 0.5), -t27);
    const double t35 = 1.0 + t26;
    const double t36 = t26 - (t35 - 1.0) + LANES_FMA(LANES_FMA(c, t21 - (t22 - t19), LANES_FMA(c, t22, -t23)), t35 + t34, t34);
    const double t37 = ((((x >= 0x1p-1022) & (x < INFINITY)) & (t0 <= 512.0)) & (t1 <= 1021.0)) ? (t35 + t36) * LANES(from_bits)(LANES(bits)(t24) << 52) : pow(x, c);
    return t37;
}

LANES_INLINE double LANES(powc_usual)(double x, double c) {
    const double t0 = LANES(from_bits)(LANES(bits)(x) & (LANES(bits)(LANES(pick)(c == rint(c), 0.0, -0.0)) | 0x7fffffffffffffff));
    const uint64_t t1 = LANES(bits)(t0) + 0x95f619980c433;
    const double t2 = LANES(from_bits)((t1 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52;
    const double t3 = LANES(from_bits)((t1 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const double t4 = 2.0 + t3;
    const double t5 = 1.0 / t4;
    const double t6 = t3 * t5;
    const double t7 = LANES_FMA(-t6, t3 - (t4 - 2.0), LANES_FMA(-t6, t4, t3)) * t5;
    const double t8 = t6 * t6;
    const double t9 = t6 * t8;
    const double t10 = t9 * 0x1.5555555555555p-1;
    const double t11 = (LANES_FMA(t6, t8, -t9) + LANES_FMA(t6, LANES_FMA(2.0 * t6, t7, LANES_FMA(t6, t6, -t8)), t7 * t8)) * 0x1.5555555555555p-1;
    const double t12 = t8 * t8;
    const double t13 = LANES_FMA(t12, LANES_FMA(t8, 0x1.e02e6fff27908p-4, 0x1.df7cc8e5fa539p-4), LANES_FMA(t8, 0x1.1118c7e4b0917p-3, 0x1.3b1395d2190c1p-3));
    const double t14 = LANES_FMA(t12, LANES_FMA(t12, t13, LANES_FMA(t8, 0x1.745d177a96056p-3, 0x1.c71c71c6eaa1p-3)), LANES_FMA(t8, 0x1.2492492492521p-2, 0.4));
    const double t15 = t2 * 0x1.62e42fefa38p-1;
    const double t16 = 2.0 * t6;
    const double t17 = t15 + t16;
    const double t18 = t17 + t10;
    const double t19 = LANES_FMA(2.0, t7, LANES_FMA(t9, 0x1.5555555555555p-1, -t10) + LANES_FMA(t9, 0x1.5555555555555p-55, t11));
    const double t20 = LANES_FMA(t9 * t8, t14, LANES_FMA(t2, 0x1.ef35793c7673p-45, t16 - (t17 - t15) + (t10 - (t18 - t17)) + t19));
    const double t21 = t18 + t20;
    const double t22 = c * t21;
    const double t23 = LANES_FMA(t22, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t24 = t23 - 0x1.80000000003ffp52;
    const double t25 = LANES_FMA(-t24, 0x1.62e42fefa38p-1, t22);
    const double t26 = t24 * 0x1.ef35793c7673p-45;
    const double t27 = t25 - t26;
    const double t28 = t27 * t27;
    const double t29 = t28 * t28;
    const double t30 = LANES_FMA(t28, LANES_FMA(t27, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t27, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t31 = LANES_FMA(t28, LANES_FMA(t27, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t27, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t32 = LANES_FMA(t29, LANES_FMA(t29, LANES_FMA(t27, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t31), t30);
    const double t33 = LANES_FMA(t28, LANES_FMA(t27, t32, 0.5), -t26);
    const double t34 = 1.0 + t25;
    const double t35 = t25 - (t34 - 1.0) + LANES_FMA(LANES_FMA(c, t20 - (t21 - t18), LANES_FMA(c, t21, -t22)), t34 + t33, t33);
    const double t36 = 0.5 * c;
    const uint64_t t37 = LANES(bits)((t34 + t35) * LANES(from_bits)(LANES(bits)(t23) << 52)) ^ (LANES(bits)(x) & LANES(bits)(LANES(pick)(t36 == rint(t36), 0.0, -0.0)));
    return LANES(from_bits)(t37);
}

LANES_INLINE int LANES(powc_is_usual)(double x, double c) {
    const double t0 = LANES(from_bits)(LANES(bits)(x) & (LANES(bits)(LANES(pick)(c == rint(c), 0.0, -0.0)) | 0x7fffffffffffffff));
    const double t1 = fabs(c);
    const double t2 = t1 * (fabs(LANES(from_bits)((LANES(bits)(t0) >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52) + 1.0);
    return (((t0 >= 0x1p-1022) & (t0 < INFINITY)) & (t1 <= 512.0)) & (t2 <= 1021.0);
}

LANES_INLINE double LANES(powc_anywhere)(double x, double c) {
    const double t0 = LANES(from_bits)(LANES(bits)(x) & (LANES(bits)(LANES(pick)(c == rint(c), 0.0, -0.0)) | 0x7fffffffffffffff));
    const double t1 = fabs(c);
    const double t2 = t1 * (fabs(LANES(from_bits)((LANES(bits)(t0) >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52) + 1.0);
    const double t3 = LANES(from_bits)(LANES(bits)(x) & (LANES(bits)(LANES(pick)(c == rint(c), 0.0, -0.0)) | 0x7fffffffffffffff));
    const uint64_t t4 = LANES(bits)(t3) + 0x95f619980c433;
    const double t5 = LANES(from_bits)((t4 >> 52) | 0x4330000000000000) - 0x1.00000000003ffp52;
    const double t6 = LANES(from_bits)((t4 & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const double t7 = 2.0 + t6;
    const double t8 = 1.0 / t7;
    const double t9 = t6 * t8;
    const double t10 = LANES_FMA(-t9, t6 - (t7 - 2.0), LANES_FMA(-t9, t7, t6)) * t8;
    const double t11 = t9 * t9;
    const double t12 = t9 * t11;
    const double t13 = LANES_FMA(t9, t11, -t12) + LANES_FMA(t9, LANES_FMA(2.0 * t9, t10, LANES_FMA(t9, t9, -t11)), t10 * t11);
    const double t14 = t12 * 0x1.5555555555555p-1;
    const double t15 = LANES_FMA(t12, 0x1.5555555555555p-1, -t14) + LANES_FMA(t12, 0x1.5555555555555p-55, t13 * 0x1.5555555555555p-1);
    const double t16 = t11 * t11;
    const double t17 = LANES_FMA(t16, LANES_FMA(t11, 0x1.e02e6fff27908p-4, 0x1.df7cc8e5fa539p-4), LANES_FMA(t11, 0x1.1118c7e4b0917p-3, 0x1.3b1395d2190c1p-3));
    const double t18 = LANES_FMA(t16, LANES_FMA(t16, t17, LANES_FMA(t11, 0x1.745d177a96056p-3, 0x1.c71c71c6eaa1p-3)), LANES_FMA(t11, 0x1.2492492492521p-2, 0.4));
    const double t19 = t5 * 0x1.62e42fefa38p-1;
    const double t20 = 2.0 * t9;
    const double t21 = t19 + t20;
    const double t22 = t21 + t14;
    const double t23 = LANES_FMA(t5, 0x1.ef35793c7673p-45, t20 - (t21 - t19) + (t14 - (t22 - t21)) + LANES_FMA(2.0, t10, t15));
    const double t24 = LANES_FMA(t12 * t11, t18, t23);
    const double t25 = t22 + t24;
    const double t26 = c * t25;
    const double t27 = LANES_FMA(t26, 0x1.71547652b82fep0, 0x1.80000000003ffp52);
    const double t28 = t27 - 0x1.80000000003ffp52;
    const double t29 = LANES_FMA(-t28, 0x1.62e42fefa38p-1, t26);
    const double t30 = t28 * 0x1.ef35793c7673p-45;
    const double t31 = t29 - t30;
    const double t32 = t31 * t31;
    const double t33 = t32 * t32;
    const double t34 = LANES_FMA(t32, LANES_FMA(t31, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7), LANES_FMA(t31, 0x1.5555555555555p-5, 0x1.5555555555556p-3));
    const double t35 = LANES_FMA(t32, LANES_FMA(t31, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19), LANES_FMA(t31, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13));
    const double t36 = LANES_FMA(t33, LANES_FMA(t33, LANES_FMA(t31, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26), t35), t34);
    const double t37 = LANES_FMA(t32, LANES_FMA(t31, t36, 0.5), -t30);
    const double t38 = 1.0 + t29;
    const double t39 = t29 - (t38 - 1.0) + LANES_FMA(LANES_FMA(c, t24 - (t25 - t22), LANES_FMA(c, t25, -t26)), t38 + t37, t37);
    const double t40 = 0.5 * c;
    const uint64_t t41 = LANES(bits)((t38 + t39) * LANES(from_bits)(LANES(bits)(t27) << 52)) ^ (LANES(bits)(x) & LANES(bits)(LANES(pick)(t40 == rint(t40), 0.0, -0.0)));
    const double t42 = ((((t0 >= 0x1p-1022) & (t0 < INFINITY)) & (t1 <= 512.0)) & (t2 <= 1021.0)) ? LANES(from_bits)(t41) : pow(x, c);
    return t42;
}

#define LANES_SPECIAL_POWERS(X) X(2.0, square) X(3.0, cube) X(-1.0, inverse) X(0.5, root)

#else

#define LANES_SPECIAL_POWERS(X) X(2.0, square) X(-1.0, inverse) X(0.5, root)

#endif
