#!/bin/sh
# Makes the stubs of ipcbench.x anew with rpcgen (Debian: rpcsvc-proto).
#   -M  results go where the caller says, and a server routine may choose not to answer;
#   -N  arguments are passed by value.
set -eu
cd "$(dirname "$0")"
target=${1:-.}
mkdir -p "$target/include"
rpcgen -M -N -h ipcbench.x > "$target/include/ipcbench.h"
rpcgen -M -N -c ipcbench.x > "$target/ipcbench_xdr.c"
rpcgen -M -N -l ipcbench.x > "$target/ipcbench_client.c"
rpcgen -M -N -m ipcbench.x > "$target/ipcbench_server.c"
