#include "runner/export/descriptor.hpp"

#include <unistd.h>

namespace darkroom::exports {

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

} // namespace darkroom::exports
