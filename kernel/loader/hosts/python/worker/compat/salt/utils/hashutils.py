"""Sums and encodings."""

import base64
import hashlib
import hmac as hmac_module

from salt.utils.stringutils import to_bytes, to_unicode


def _digest(kind):
    return lambda instr: hashlib.new(kind, to_bytes(instr)).hexdigest()


md5_digest, sha1_digest, sha256_digest, sha512_digest = map(_digest, ("md5", "sha1", "sha256", "sha512"))


def base64_b64encode(instr):
    return to_unicode(base64.b64encode(to_bytes(instr)))


def base64_b64decode(instr):
    decoded = base64.b64decode(to_bytes(instr))
    try:
        return to_unicode(decoded)
    except UnicodeDecodeError:
        return decoded


base64_encodestring, base64_decodestring = base64_b64encode, base64_b64decode


def hmac_signature(string, shared_secret, challenge_hmac):
    made = hmac_module.new(to_bytes(shared_secret), to_bytes(string), hashlib.sha256).digest()
    return hmac_module.compare_digest(base64.b64encode(made), to_bytes(challenge_hmac))


def hmac_compute(string, shared_secret):
    return hmac_module.new(to_bytes(shared_secret), to_bytes(string), hashlib.sha256).hexdigest()


def random_hash(size=9999999999, hash_type="sha256"):
    import secrets

    return hashlib.new(hash_type or "sha256", to_bytes(str(secrets.randbelow(size)))).hexdigest()


def get_hash(path, form="sha256", chunk_size=65536):
    found = hashlib.new(form)
    with open(path, "rb") as handle:
        for chunk in iter(lambda: handle.read(chunk_size), b""):
            found.update(chunk)
    return found.hexdigest()
