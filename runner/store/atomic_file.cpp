#include "runner/store/atomic_file.hpp"

#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::store {

Result<AtomicFile> AtomicFile::create(AtomicPaths paths) {
    TRY_ASSIGN(auto opened, File::open(paths.part, O_WRONLY | O_CREAT | O_TRUNC));
    AtomicFile file;
    file.file_ = std::move(opened);
    file.paths_ = std::move(paths);
    return file;
}

AtomicFile::~AtomicFile() {
    if (file_.is_open()) ::unlink(paths_.part.c_str());
}

Result<> AtomicFile::write(std::string_view bytes) { return file_.write(bytes); }

Result<> AtomicFile::commit() {
    TRY(file_.sync());
    if (std::rename(paths_.part.c_str(), paths_.target.c_str()) != 0)
        return file_error("rename " + paths_.part + " to", paths_.target);
    file_.close();
    return sync_directory(parent_of(paths_.target));
}

Result<> write_atomically(AtomicPaths paths, std::string_view bytes) {
    TRY_ASSIGN(auto file, AtomicFile::create(std::move(paths)));
    TRY(file.write(bytes));
    return file.commit();
}

} // namespace darkroom::store
