/// What Swift needs of libtirpc and cannot import: its interface is made of macros that call through
/// tables of functions, and its server keeps its descriptors in global sets. Nothing here decides
/// anything. rpc(3), rpc_clnt_create(3), rpc_svc_create(3).
#ifndef IPCBENCH_ONC_RPC_H
#define IPCBENCH_ONC_RPC_H

#include "ipcbench.h"

/// A client over a connected stream socket, which stays the caller's; NULL with the reason in
/// clnt_spcreateerror(3). Calls of it wait for a reply as long as it takes.
CLIENT *onc_rpc_client(int descriptor);

/// Destroys a client.
void onc_rpc_client_destroy(CLIENT *client);

/// Puts a one-way call into the client's buffer, which is sent when it is full or flushed: no reply,
/// no time to wait for one.
enum clnt_stat onc_rpc_deliver(CLIENT *client, ipcbench_message message);

/// Calls procedure 0 and waits for its reply, by which time every call before it has been served.
enum clnt_stat onc_rpc_flush(CLIENT *client);

/// The errno behind the client's last failure, or 0.
int onc_rpc_client_errno(CLIENT *client);

/// Serves the program's calls on a connected stream socket, without any rpcbind. Calls of procedure
/// 0 are counted in `*flushes` when they have been answered. Returns false when it cannot.
bool_t onc_rpc_serve(int descriptor, unsigned long long *flushes);

/// Waits for one or more requests and serves them. False when the connection is at its end.
bool_t onc_rpc_serve_next(int descriptor);

#endif
