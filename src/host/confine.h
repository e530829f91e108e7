// What a program that is not trusted must not be able to do. For processes inside namespaces of their own.
#pragma once
#include <string>

#include "base/error.h"

namespace ferry {

// Keeps the capabilities that a service starting as root needs and drops all others, those to leave namespaces above
// all. Throws Error(kernel_refused).
void drop_capabilities();
// From here on only sockets that a network namespace holds: UNIX, IPv4, IPv6, netlink. Throws Error(kernel_refused).
void restrict_sockets();
// In a new network namespace. Throws Error(kernel_refused).
void bring_loopback_up();

// For the present errno.
Error kernel_refused(const std::string& what);

}  // namespace ferry
