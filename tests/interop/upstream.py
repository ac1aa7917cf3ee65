# SPDX-License-Identifier: Apache-2.0
"""The upstream package, asked."""
import base64
import time

from tenuo import Authorizer, PublicKey, SigningKey, decode_warrant_stack_base64


def decode(stack):
    return decode_warrant_stack_base64(base64.b64encode(stack).decode())


def accepts(stack, root_pub, holder_seed, tool, args):
    """(accepted, why not): chain verified and the call authorized, with proof of possession."""
    try:
        warrants = decode(stack)
        signature = warrants[-1].sign(SigningKey.from_bytes(holder_seed), tool, args, int(time.time()))
        Authorizer(trusted_roots=[PublicKey.from_bytes(root_pub)]).check_chain(warrants, tool, args, signature=signature)
        return True, ""
    except BaseException as e:  # the package panics on some inputs, which is no Exception
        if isinstance(e, (KeyboardInterrupt, SystemExit)):
            raise
        return False, f"{type(e).__name__}: {e}"


def verifies(stack, root_pub):
    try:
        Authorizer(trusted_roots=[PublicKey.from_bytes(root_pub)]).verify_chain(decode(stack))
        return True, ""
    except Exception as e:
        return False, f"{type(e).__name__}: {e}"
