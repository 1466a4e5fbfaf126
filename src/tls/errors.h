// Errors: OpenSSL's queue of errors, of which each thread has one.
//
// Invariant  the queue is empty between calls of this folder, else SSL_get_error() takes an old error for a new one.
#pragma once

#include <string>

namespace tls {

// The oldest error, in OpenSSL's words ("error:0A00010B:SSL routines::wrong version number"), or `otherwise` if there
// is none. The queue is empty afterwards.
std::string take_error(const std::string& otherwise);

}  // namespace tls
