"""Names that a function in C cannot have, since the language, its library, or a source of ours has them already."""

import re

KEYWORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short
    signed sizeof static struct switch typedef union unsigned void volatile while
    alignas alignof asm bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual
    and and_eq bitand bitor catch char16_t char32_t char8_t class co_await co_return co_yield compl concept const_cast consteval constinit
    decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq operator or or_eq private protected public
    reinterpret_cast requires static_cast template this throw try typeid typename using virtual wchar_t xor xor_eq
"""  # of C99, C11, C23 and C++20, so that a C++ program can declare and call the function

MATHEMATICS = """
    acos acosh acospi asin asinh asinpi atan atan2 atan2pi atanh atanpi cabs cacos cacosh canonicalize carg casin casinh catan catanh
    cbrt ccos ccosh ceil cexp cimag clog clog10 compoundn conj copysign cos cosh cospi cpow cproj creal csin csinh csqrt ctan ctanh drem
    erf erfc exp exp10 exp10m1 exp2 exp2m1 expm1 fabs fdim finite floor fma fmax fmaximum fmaximum_mag fmaximum_mag_num fmaximum_num
    fmin fminimum fminimum_mag fminimum_mag_num fminimum_num fmod frexp fromfp fromfpx gamma getpayload hypot ilogb isinf isnan j0 j1 jn
    ldexp lgamma llogb llrint llround log log10 log10p1 log1p log2 log2p1 logb logp1 lrint lround modf nan nearbyint nextafter nextdown
    nexttoward nextup pow pown powr remainder remquo rint rootn round roundeven rsqrt scalb scalbln scalbn setpayload setpayloadsig
    significand sin sincos sinh sinpi sqrt tan tanh tanpi tgamma totalorder totalordermag trunc ufromfp ufromfpx y0 y1 yn
"""  # these also with f, l, f32, d64 and similar suffixes, for other types

LIBRARY = """
    a64l abort abs aligned_alloc alloca arc4random arc4random_buf arc4random_uniform asctime assert at_quick_exit atexit atof atoi atol
    atoll basename bcmp bcopy be16toh be32toh be64toh bsearch btowc bzero c16rtomb c32rtomb c8rtomb call_once calloc clearenv clearerr
    clock complex ctime dadd daddl ddiv ddivl dfma dfmal difftime div dmul dmull drand48 drand48_r dsqrt dsqrtl dsub dsubl ecvt ecvt_r
    erand48 erand48_r errno execl execle execlp execv execve execvp exit explicit_bzero fadd faddl fclose fcvt fcvt_r fdiv fdivl
    feclearexcept fegetenv fegetexceptflag fegetmode fegetround feholdexcept feof feraiseexcept ferror fesetenv fesetexcept
    fesetexceptflag fesetmode fesetround fetestexcept fetestexceptflag feupdateenv fflush ffma ffmal ffs ffsl ffsll fgetc fgetpos fgets
    fgetwc fgetws fmul fmull fopen fork fpclassify fprintf fputc fputs fputwc fputws fread free free_aligned_sized free_sized freopen
    fscanf fseek fsetpos fsqrt fsqrtl fsub fsubl ftell fwide fwprintf fwrite fwscanf gcvt getc getchar getenv getloadavg gets getsubopt
    getwc getwchar gmtime gmtime_r htobe16 htobe32 htobe64 htole16 htole32 htole64 imaginary imaxabs imaxdiv index initstate initstate_r
    isalnum isalpha isascii isblank iscanonical iscntrl isdigit iseqsig isfinite isgraph isgreater isgreaterequal isless islessequal
    islessgreater islower isnormal isprint ispunct issignaling isspace issubnormal isunordered isupper iswalnum iswalpha iswblank
    iswcntrl iswctype iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper iswxdigit isxdigit iszero jrand48 jrand48_r
    kill_dependency l64a labs lcong48 lcong48_r ldiv le16toh le32toh le64toh linux llabs lldiv localeconv localtime localtime_r longjmp
    lrand48 lrand48_r main malloc math_errhandling mblen mbrlen mbrtoc16 mbrtoc32 mbrtoc8 mbrtowc mbsinit mbsrtowcs mbstowcs mbtowc
    memalignment memccpy memchr memcmp memcpy memfrob memmem memmove mempcpy memrchr memset memset_explicit mkdtemp mkostemp mkostemps
    mkstemp mkstemps mktemp mktime mrand48 mrand48_r noreturn nrand48 nrand48_r offsetof on_exit perror posix_memalign printf pselect
    putc putchar putenv puts putwc putwchar qecvt qecvt_r qfcvt qfcvt_r qgcvt qsort qsort_r quick_exit raise rand rand_r random random_r
    rawmemchr realloc reallocarray realpath remove rename rewind rindex rpmatch scanf secure_getenv seed48 seed48_r select setbuf setenv
    setjmp setlocale setstate setstate_r setvbuf signal signbit signgam snprintf sprintf srand srand48 srand48_r srandom srandom_r
    sscanf stderr stdin stdout stpcpy stpncpy strcasecmp strcasecmp_l strcasestr strcat strchr strchrnul strcmp strcoll strcoll_l strcpy
    strcspn strdup strdupa strerror strerror_l strerror_r strfrom strfromd strfromf strfroml strfry strftime strlen strncasecmp
    strncasecmp_l strncat strncmp strncpy strndup strndupa strnlen strpbrk strrchr strsep strsignal strspn strstr strtod strtof
    strtoimax strtok strtok_r strtol strtold strtoll strtoq strtoul strtoull strtoumax strtouq strverscmp strxfrm strxfrm_l swprintf
    swscanf system time timegm timespec_get timespec_getres tmpfile tmpnam toascii tolower toupper towctrans towlower towupper ungetc
    ungetwc unix unreachable unsetenv va_arg va_copy va_end va_start valloc vfprintf vfscanf vfwprintf vfwscanf vprintf vscanf vsnprintf
    vsprintf vsscanf vswprintf vswscanf vwprintf vwscanf wcrtomb wcscat wcschr wcscmp wcscoll wcscpy wcscspn wcsftime wcslen wcsncat
    wcsncmp wcsncpy wcspbrk wcsrchr wcsrtombs wcsspn wcsstr wcstod wcstof wcstoimax wcstok wcstol wcstold wcstoll wcstombs wcstoul
    wcstoull wcstoumax wcsxfrm wctob wctomb wctrans wctype wmemchr wmemcmp wmemcpy wmemmove wmemset wprintf wscanf fd_mask fd_set
    timespec timeval u_char u_int u_long u_short uint ulong ushort
"""  # of C23, and of what its headers declare beyond it unless a compiler is told to be strict

RULES = {
    r"_.*": "which C keeps for itself, as all that begins with an underscore",
    r"[A-Z][A-Z0-9_]+|(PRI|SCN)[a-z].*|L_tmpnam": "which is in capitals, as the macros of C are",
    r".+_t": "which ends in _t, as types of the C library do",
    r"(atomic|thrd|mtx|cnd|tss)_.*": "which has the form of a function of the C library",
    r"(?i:ag_.*)": "which begins with ag_, as the names within this source do",
    "|".join(KEYWORDS.split()): "which is a keyword of C or C++",
    f"({'|'.join(MATHEMATICS.split())})(f|l|[fd]\\d+x?)?(_r)?|({'|'.join(LIBRARY.split())})(_unlocked)?": "which the C library has",
}


def why_taken(name: str) -> str | None:
    """Why a function of this name would not compile, or would be another's; None where it is free.

    >>> why_taken("NULL"), why_taken("loss")
    ('which is in capitals, as the macros of C are', None)
    """
    return next((why for rule, why in RULES.items() if re.fullmatch(rule, name)), None)
