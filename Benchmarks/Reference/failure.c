#include "reference.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail_call(const char *call, const char *attempt)
{
    fail("%s: %s (%s)", call, strerror(errno), attempt);
}

void fail(const char *format, ...)
{
    va_list arguments;

    fputs("reference: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}
