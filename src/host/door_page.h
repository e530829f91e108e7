// What somebody gets who knocks at a closed door.
#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"
#include "host/door.h"

namespace ferry {

// The whole HTTP/1.1 answer to a request whose head is given (whatever it asks for): 503 with Retry-After (RFC 9110
// sections 15.6.4 and 10.2.3), an HTML page in the language that Accept-Language prefers with the other one below, or
// JSON where Accept wants that and no HTML. Without body for HEAD. Times in the server's zone.
std::string door_answer(std::string_view head, const DoorPage& page, Moment now);

}  // namespace ferry
