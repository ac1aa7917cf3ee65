/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_SESSION_H
#define SHIM_SESSION_H
/*
 * What launcher and preload agree on.
 *
 * "Am I sealed?" is asked of the kernel, never of the environment: system call TNS_MAGIC_NR is unassigned, and only our
 * static filter answers it.  syscall(TNS_MAGIC_NR, TNS_MAGIC_ASK) fails with TNS_SEALED_L1 inside a level-1 session, with
 * ENOSYS outside one.  syscall(TNS_MAGIC_NR, k), k 0..15, fails with TNS_MAGIC_BYTE + byte k of the session id.
 *
 * The session directory is <base>/<32 hex of the session id>, base being the first that exists and is owned by root or the user of:
 * /run/tenuo-shim (root's), /run/user/UID/tenuo-shim, /tmp/tenuo-shim-UID.  Directory 0700 (root's 0755), read-only for the session by rule.
 *   plan   CBOR, see <policy/plan.h>
 *   log    SOCK_SEQPACKET listener of the logger: one packed event (tnp_event_pack) per connection-message, answered by one byte
 */
#define TNS_MAGIC_NR 0x7e55
#define TNS_MAGIC_ASK 255
#define TNS_SEALED_L1 1515 /* "errno" of the answer at level 1 */
#define TNS_MAGIC_BYTE 1024

#define TNS_ACK_LOGGED 'L'  /* written; first of its kind in this session: print the sentence */
#define TNS_ACK_REPEAT 'R'  /* written (or counted): already said in this session */
#define TNS_ACK_FAILED 'F'  /* could not be written: enforce denies */

/* Unsealed sessions of `run` (audit, permissive, --level 0) pass the id in this variable; nothing is enforced by the kernel there. */
#define TNS_ENV_SESSION "TENUO_SESSION"

/* Every process exports nothing else.  Exit codes of the command. */
#define TNS_EXIT_REFUSED 126
#define TNS_EXIT_NOTFOUND 127
#endif
