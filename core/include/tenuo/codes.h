/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENUO_CODES_H
#define TENUO_CODES_H
/* The numbers 1000-2199 and their kebab names are the wire format's (appendix A); 3000 and up are ours. Never reuse one. */
#define TN_CODES(X)                                                                                                  \
	X(ENVELOPE_VERSION, 1000, "unsupported-envelope-version", "The envelope's version is not 1.")                \
	X(ENVELOPE, 1001, "invalid-envelope-structure", "The envelope is not [1, payload, signature].")              \
	X(SIGNATURE_INVALID, 1100, "signature-invalid", "A signature does not verify.")                              \
	X(SIGNATURE_MISMATCH, 1101, "signature-algorithm-mismatch", "Key and signature name different algorithms.")  \
	X(ALGORITHM, 1102, "unsupported-algorithm", "The algorithm is not Ed25519.")                                 \
	X(KEY_LENGTH, 1103, "invalid-key-length", "A public key is not 32 bytes long.")                              \
	X(SIGNATURE_LENGTH, 1104, "invalid-signature-length", "A signature is not 64 bytes long.")                   \
	X(PAYLOAD_VERSION, 1200, "unsupported-payload-version", "The payload's version is not 1.")                   \
	X(VALIDATION, 1201, "invalid-payload-structure", "The warrant breaks a rule of its format.")                 \
	X(DESERIALIZATION, 1202, "malformed-cbor", "The bytes are not a well-formed warrant.")                       \
	X(UNKNOWN_FIELD, 1203, "unknown-payload-field", "The warrant has a field that this version does not know.")  \
	X(MISSING_FIELD, 1204, "missing-required-field", "The warrant lacks a field that it must have.")             \
	X(EXPIRED, 1300, "warrant-expired", "The warrant has expired.")                                              \
	X(NOT_YET_VALID, 1301, "warrant-not-yet-valid", "The warrant is not valid yet.")                             \
	X(ISSUED_IN_FUTURE, 1302, "issued-in-future", "The warrant was issued in the future.")                       \
	X(INVALID_TTL, 1303, "ttl-exceeded", "The lifetime is not one the format allows.")                           \
	X(SELF_ISSUANCE, 1400, "invalid-issuer", "This issuer may not issue this warrant.")                          \
	X(PARENT_HASH, 1401, "parent-hash-mismatch", "The warrant names another parent than the one before it.")     \
	X(DEPTH_EXCEEDED, 1402, "depth-exceeded", "The chain is longer than its warrants allow.")                    \
	X(DEPTH_VIOLATION, 1403, "depth-violation", "The depth does not follow the parent's.")                       \
	X(CHAIN_TOO_LONG, 1404, "chain-too-long", "The chain has more links than the format allows.")                \
	X(CHAIN, 1405, "chain-broken", "The chain does not hold together.")                                          \
	X(UNTRUSTED_ROOT, 1406, "untrusted-root", "The chain does not start at a trusted root.")                     \
	X(TOOL_NOT_AUTHORIZED, 1500, "tool-not-authorized", "The warrant does not grant this tool.")                 \
	X(CONSTRAINT_VIOLATION, 1501, "constraint-violation", "An argument is outside the warrant's constraint.")    \
	X(INVALID_ATTENUATION, 1502, "invalid-attenuation", "A constraint is not provably within the parent's.")     \
	X(EXPANSION, 1503, "capability-expansion", "The warrant grants more than its parent.")                       \
	X(UNKNOWN_CONSTRAINT, 1504, "unknown-constraint-type", "The constraint is of a kind this version cannot judge.") \
	X(POP_SIGNATURE, 1600, "pop-signature-invalid", "The proof of possession does not verify.")                  \
	X(POP_EXPIRED, 1601, "pop-expired", "The proof of possession is too old.")                                   \
	X(POP_CHALLENGE, 1602, "pop-challenge-invalid", "The proof of possession is for another request.")           \
	X(INSUFFICIENT_APPROVALS, 1700, "insufficient-approvals", "There are fewer approvals than the warrant asks for.") \
	X(APPROVAL_INVALID, 1701, "approval-invalid", "An approval is not valid.")                                   \
	X(APPROVER, 1702, "approver-not-authorized", "The approver is not one the warrant names.")                   \
	X(APPROVAL_EXPIRED, 1703, "approval-expired", "The approval has expired.")                                   \
	X(APPROVAL_VERSION, 1704, "unsupported-approval-version", "The approval's version is not 1.")                \
	X(APPROVAL_PAYLOAD, 1705, "approval-payload-invalid", "The approval's payload is not well formed.")          \
	X(APPROVAL_HASH, 1706, "approval-request-hash-mismatch", "The approval is for another request.")             \
	X(APPROVAL_REQUIRED, 1707, "approval-required", "An approval gate of the warrant asks for an approval.")     \
	X(REVOKED, 1800, "warrant-revoked", "The warrant has been revoked.")                                         \
	X(SRL_INVALID, 1801, "srl-invalid", "The revocation list is not valid.")                                     \
	X(SRL_ROLLBACK, 1802, "srl-version-rollback", "The revocation list is older than one already seen.")         \
	X(SRL_CHANGED, 1803, "srl-content-changed", "The revocation list changed without a new version.")            \
	X(TOO_LARGE, 1900, "warrant-too-large", "The token is larger than the format allows.")                       \
	X(CHAIN_TOO_LARGE, 1901, "chain-too-large", "The chain is larger than the format allows.")                   \
	X(TOO_MANY_TOOLS, 1902, "too-many-tools", "The warrant names more tools than the format allows.")            \
	X(CONSTRAINT_DEPTH, 1903, "too-many-constraints", "Constraints are too many or nested too deep.")            \
	X(EXTENSION_TOO_LARGE, 1904, "extension-too-large", "An extension is larger than the format allows.")        \
	X(VALUE_TOO_LARGE, 1905, "value-too-large", "A value is larger than the format allows.")                     \
	X(RESERVED_EXTENSION, 2000, "reserved-extension-key", "The extension's name is reserved.")                   \
	X(EXTENSION_VALUE, 2001, "invalid-extension-value", "An extension's value is not well formed.")              \
	X(RESERVED_TOOL, 2100, "reserved-tool-name", "Tool names that begin with tenuo: are reserved.")              \
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
