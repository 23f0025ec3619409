#include "runner/studio/tasks/own_file.hpp"

#include <boost/system/errc.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::studio {

namespace {

Error not_ours(std::string const& path) {
    return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
            path + " is a link, a directory or a special file, and none of the service's own: "
                   "move it away, or use another directory"};
}

} // namespace

Result<int> open_own_file(std::string const& path, int flags) {
    // Without O_NONBLOCK a pipe would hold the program up; for a regular file it means nothing.
    int const descriptor = ::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == ELOOP) return not_ours(path);
    if (descriptor < 0) return system_error_of(errno, "cannot open " + path);
    struct stat info {};
    if (::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode)) return descriptor;
    ::close(descriptor);
    return not_ours(path);
}

} // namespace darkroom::studio
