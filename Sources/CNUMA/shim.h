/* libnuma's public interface, as installed by libnuma-dev: numa(3) and, in numaif.h, the system
   calls set_mempolicy(2) and move_pages(2). */
#pragma once
#include <numa.h>
#include <numaif.h>

/* numa_nodes_ptr is a C global, which Swift 6 takes for unprotected mutable state and refuses to
   name. libnuma fills it in its constructor and never writes it again, so reading it is safe. */
static inline int ipcbench_numa_node_exists(unsigned int node) {
  return numa_bitmask_isbitset(numa_nodes_ptr, node);
}
