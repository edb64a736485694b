#include "onc_rpc.h"

#include <errno.h>
#include <sys/select.h>
#include <sys/socket.h>

static const struct timeval forever = {.tv_sec = 1 << 24};
static const struct timeval at_once = {0};

CLIENT *onc_rpc_client(int descriptor) {
  // Since the socket is connected, its peer's address is only copied, and may be an unnamed one.
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  if (getpeername(descriptor, (struct sockaddr *)&address, &length) < 0) {
    rpc_createerr.cf_stat = RPC_SYSTEMERROR;
    rpc_createerr.cf_error.re_errno = errno;
    return NULL;
  }
  struct netbuf peer = {.maxlen = sizeof address, .len = length, .buf = &address};
  CLIENT *client = clnt_vc_create(descriptor, &peer, IPCBENCH_PROGRAM, IPCBENCH_VERSION, 0, 0);
  if (client != NULL) clnt_control(client, CLSET_TIMEOUT, (char *)&forever);
  return client;
}

void onc_rpc_client_destroy(CLIENT *client) {
  auth_destroy(client->cl_auth);
  clnt_destroy(client);
}

enum clnt_stat onc_rpc_deliver(CLIENT *client, ipcbench_message message) {
  return clnt_call(client, IPCBENCH_DELIVER, (xdrproc_t)xdr_ipcbench_message, (caddr_t)&message,
                   (xdrproc_t)NULL, NULL, at_once);
}

enum clnt_stat onc_rpc_flush(CLIENT *client) {
  return clnt_call(client, NULLPROC, (xdrproc_t)xdr_void, NULL, (xdrproc_t)xdr_void, NULL, forever);
}

int onc_rpc_client_errno(CLIENT *client) {
  struct rpc_err error = {0};
  clnt_geterr(client, &error);
  return error.re_status == RPC_CANTSEND || error.re_status == RPC_CANTRECV ? error.re_errno : 0;
}

// What rpcgen made of the program.
void ipcbench_program_1(struct svc_req *request, SVCXPRT *transport);

static unsigned long long *served_flushes;

static void dispatch(struct svc_req *request, SVCXPRT *transport) {
  ipcbench_program_1(request, transport);
  if (request->rq_proc == NULLPROC) ++*served_flushes;
}

bool_t onc_rpc_serve(int descriptor, unsigned long long *flushes) {
  served_flushes = flushes;
  SVCXPRT *transport = svc_fd_create(descriptor, 0, 0);
  if (transport == NULL) return FALSE;
  // Without a netconfig nothing is told to rpcbind.
  return svc_reg(transport, IPCBENCH_PROGRAM, IPCBENCH_VERSION, dispatch, NULL);
}

bool_t onc_rpc_serve_next(int descriptor) {
  svc_getreq_common(descriptor);
  // libtirpc takes the descriptor out of its set when it has given the connection up.
  return FD_ISSET(descriptor, &svc_fdset);
}
