"""Certificates, made with the openssl command into one folder: authorities, and what they have signed.

An elliptic key takes a few milliseconds to make, so each run makes its own.
"""

import pathlib
import subprocess


def openssl(*arguments, text=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=text, capture_output=True, text=True, check=True)


class Folder:
    """Names are those of files: NAME.crt and NAME.key."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)

    def file(self, name):
        return str(self.path / name)

    def pair(self, name):
        return self.file(name + ".crt"), self.file(name + ".key")

    def authority(self, name, days=30):
        certificate, key = self.pair(name)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                "-out", certificate, "-days", days, "-subj", "/CN=" + name)
        return certificate

    def signed(self, name, subject, authority="ca", names="DNS:localhost,IP:127.0.0.1", algorithm="ec", extra=()):
        """A certificate for the subject ("/CN=..."), with its other names in openssl's form."""
        certificate, key = self.pair(name)
        kind = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if algorithm == "ec" else ["rsa:2048"]
        request, extensions = self.file(name + ".csr"), self.file(name + ".ext")
        openssl("req", "-newkey", *kind, "-nodes", "-keyout", key, "-out", request, "-subj", subject, *extra)
        pathlib.Path(extensions).write_text("subjectAltName=%s\n" % names, encoding="ascii")
        signer, signer_key = self.pair(authority)
        openssl("x509", "-req", "-in", request, "-CA", signer, "-CAkey", signer_key, "-CAcreateserial", "-days", 10,
                "-out", certificate, "-extfile", extensions)
        return certificate, key

    def signed_with_der_names(self, name, subject_der, names_der=None, authority="ca"):
        """A certificate whose subject is given as bytes of DER: what `-subj` cannot say, a NUL in a name."""
        certificate, key = self.pair(name)
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", key)
        spki = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], capture_output=True,
                              check=True).stdout
        issuer_file, issuer_key = self.pair(authority)
        issuer = subject_of(subprocess.run(["openssl", "x509", "-in", issuer_file, "-outform", "DER"],
                                           capture_output=True, check=True).stdout)
        algorithm = der(0x30, der(0x06, bytes.fromhex("2a8648ce3d040302")))  # ecdsa-with-SHA256
        validity = der(0x30, der(0x17, b"250101000000Z") + der(0x17, b"390101000000Z"))
        body = (der(0xa0, der(0x02, b"\x02")) + der(0x02, b"\x51") + algorithm + issuer + validity + subject_der + spki)
        if names_der is not None:
            extension = der(0x30, der(0x06, b"\x55\x1d\x11") + der(0x04, der(0x30, names_der)))
            body += der(0xa3, der(0x30, extension))
        to_sign = der(0x30, body)
        self.path.joinpath(name + ".tbs").write_bytes(to_sign)
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", issuer_key, self.file(name + ".tbs")],
                                   capture_output=True, check=True).stdout
        whole = der(0x30, to_sign + algorithm + der(0x03, b"\0" + signature))
        self.path.joinpath(name + ".der").write_bytes(whole)
        openssl("x509", "-inform", "DER", "-in", self.file(name + ".der"), "-out", certificate)
        return certificate, key


def der(tag, body):
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def common_name(text):
    """A subject of one common name, as UTF8String."""
    return der(0x30, der(0x31, der(0x30, der(0x06, b"\x55\x04\x03") + der(0x0c, text))))


def uri(text):
    return der(0x86, text)


def split(data):
    """The first element's bytes, where its body begins, and the rest."""
    size, at = data[1], 2
    if size & 0x80:
        count = size & 0x7f
        size, at = int.from_bytes(data[2:2 + count], "big"), 2 + count
    return data[:at + size], data[at:at + size], data[at + size:]


def subject_of(certificate):
    """The DER of a certificate's subject."""
    _, body, _ = split(certificate)
    _, fields, _ = split(body)
    for _ in range(5):  # version, serial, algorithm, issuer, validity
        _, _, fields = split(fields)
    return split(fields)[0]
