/* hwloc's public interface, as installed by libhwloc-dev; nothing is added to it. */
#pragma once
#include <hwloc.h>
