// Whether a zip file is whole. Not for other rooms.
#pragma once
#include <string>

namespace ferry {

// The end record (APPNOTE.TXT 4.3.16) must stand at the very end and point at a central directory right in front of it:
// in a file that was cut off behind a stored inner jar, that jar's end record would be found instead, and the jar taken
// for the archive. Throws Error(truncated_archive), Error(hostile_archive) for a file that is no zip.
void require_whole_zip(const std::string& file);

}  // namespace ferry
