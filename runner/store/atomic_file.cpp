#include "runner/store/atomic_file.hpp"

#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::store {

Result<AtomicFile> AtomicFile::create(AtomicPaths paths) {
    auto opened = File::open(paths.part, O_WRONLY | O_CREAT | O_TRUNC);
    if (opened.has_error()) return opened.error();
    AtomicFile file;
    file.file_ = std::move(*opened);
    file.paths_ = std::move(paths);
    return file;
}

AtomicFile::~AtomicFile() {
    if (file_.is_open()) ::unlink(paths_.part.c_str());
}

Result<> AtomicFile::write(std::string_view bytes) { return file_.write(bytes); }

Result<> AtomicFile::commit() {
    auto synced = file_.sync();
    if (synced.has_error()) return synced;
    if (std::rename(paths_.part.c_str(), paths_.target.c_str()) != 0)
        return file_error("rename " + paths_.part + " to", paths_.target);
    file_.close();
    return sync_directory(parent_of(paths_.target));
}

Result<> write_atomically(AtomicPaths paths, std::string_view bytes) {
    auto file = AtomicFile::create(std::move(paths));
    if (file.has_error()) return file.error();
    auto written = file->write(bytes);
    if (written.has_error()) return written;
    return file->commit();
}

} // namespace darkroom::store
