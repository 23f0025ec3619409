// A main function for targets without libFuzzer: runs each file of the directories once.
#include "tests/fuzz/support.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

int replay(char const* folder) {
    int inputs = 0;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        std::string const bytes(std::istreambuf_iterator<char>(file), {});
        fmt::print(stderr, "{}\n", entry.path().string()); // the last one printed caused an abort
        LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
        ++inputs;
    }
    return inputs;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: {} FOLDER…\n", argv[0]);
        return 64;
    }
    int inputs = 0;
    for (int i = 1; i < argc; ++i) inputs += replay(argv[i]);
    fmt::print("{} inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
