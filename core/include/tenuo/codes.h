/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENUO_CODES_H
#define TENUO_CODES_H
/* The numbers 1000-2199 and their kebab names are the wire format's (appendix A); 3000 and up are ours. Never reuse one. */
#define TN_CODES(X)                                                                                                  \
	X(SIGNATURE_INVALID, 1100, "signature-invalid", "A signature does not verify.")                              \
	X(VALIDATION, 1201, "validation-failed", "The warrant breaks a rule of its format.")                         \
	X(DESERIALIZATION, 1202, "deserialization-failed", "The bytes are not a well-formed warrant.")               \
	X(EXPIRED, 1300, "warrant-expired", "The warrant has expired.")                                              \
	X(ISSUED_IN_FUTURE, 1302, "issued-in-future", "The warrant is not valid yet.")                               \
	X(INVALID_TTL, 1303, "invalid-ttl", "The lifetime is not one the format allows.")                            \
	X(SELF_ISSUANCE, 1400, "self-issuance-prohibited", "An issuer may not issue to itself.")                     \
	X(DEPTH_EXCEEDED, 1402, "depth-exceeded", "The chain is longer than its warrants allow.")                    \
	X(CHAIN, 1405, "chain-verification-failed", "The chain does not hold together.")                             \
	X(UNTRUSTED_ROOT, 1406, "untrusted-root", "The chain does not start at a trusted root.")                     \
	X(TOOL_NOT_AUTHORIZED, 1500, "tool-not-authorized", "The warrant does not grant this tool.")                 \
	X(CONSTRAINT_VIOLATION, 1501, "constraint-violation", "An argument is outside the warrant's constraint.")    \
	X(APPROVAL_REQUIRED, 1707, "approval-required", "An approval gate of the warrant asks for an approval.")     \
	X(REVOKED, 1800, "warrant-revoked", "The warrant has been revoked.")                                         \
	X(TOO_LARGE, 1900, "payload-too-large", "The token is larger than the format allows.")                       \
	X(CONSTRAINT_DEPTH, 1903, "constraint-depth-exceeded", "Constraints are nested too deep.")                   \
	X(NO_MEMORY, 3000, "out-of-memory", "Not enough memory.")                                                    \
	X(SYSTEM, 3001, "system-error", "A system call failed.")                                                     \
	X(NO_WARRANT, 3002, "no-warrant", "There is no warrant.")                                                    \
	X(NO_ROOTS, 3003, "no-trusted-roots", "No trusted root is configured.")                                      \
	X(CONFIG, 3010, "bad-configuration", "The configuration is not valid.")                                      \
	X(JSON, 3011, "bad-json", "The text is not the JSON that is expected.")                                      \
	X(USAGE, 3012, "usage", "The command line is not valid.")                                                    \
	X(BAD_KEY, 3013, "bad-key", "The text is not a usable key.")                                                 \
	X(KERNEL_FEATURE, 3020, "kernel-lacks-feature", "The kernel lacks a feature that this level needs.")         \
	X(NOT_YET, 3021, "not-available-yet", "This version does not have that yet.")                                \
	X(LOG, 3030, "log-unwritable", "The log cannot be written.")                                                 \
	X(GAIN, 3040, "rename-would-gain", "Under the new name the grant would allow what it does not under the old one.") \
	X(PROTECTED, 3041, "protected", "The session may not touch what holds it.")                                  \
	X(WRITABLE_PROGRAM, 3042, "writable-program", "The session could write the program it would run.")           \
	X(BAD_OBJECT, 3043, "bad-object", "The object has no name that can be judged.")                              \
	X(INTERNAL, 3099, "internal", "This should not happen.")
#endif
