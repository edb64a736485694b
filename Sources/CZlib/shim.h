/* zlib's public interface, as installed by zlib1g-dev; nothing is added to it. */
#pragma once
#include <zlib.h>
