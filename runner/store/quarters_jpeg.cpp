// libjpeg reports errors by a jump: the code it skips here has no destructors.
#include "runner/store/error.hpp"
#include "runner/store/quarters.hpp"

#include <array>
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

namespace darkroom::store {

namespace {

/// One picture being decoded, with the jump target and the error.
struct Decoder {
    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    std::jmp_buf out{};
    std::array<char, JMSG_LENGTH_MAX> text{};
};

void leave(j_common_ptr jpeg) {
    auto* decoder = static_cast<Decoder*>(jpeg->client_data);
    jpeg->err->format_message(jpeg, decoder->text.data());
    std::longjmp(decoder->out, 1);
}

void be_silent(j_common_ptr) {}

bool read_header(Decoder& decoder, std::string_view bytes) {
    if (setjmp(decoder.out) != 0) return false;
    jpeg_create_decompress(&decoder.jpeg);
    jpeg_mem_src(&decoder.jpeg, reinterpret_cast<unsigned char const*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&decoder.jpeg, TRUE);
    decoder.jpeg.out_color_space = JCS_EXT_RGBA;
    jpeg_start_decompress(&decoder.jpeg);
    return true;
}

bool read_rows(Decoder& decoder, std::uint8_t* rows) {
    if (setjmp(decoder.out) != 0) return false;
    auto const stride = std::size_t{4} * decoder.jpeg.output_width;
    while (decoder.jpeg.output_scanline < decoder.jpeg.output_height) {
        JSAMPROW row = rows + stride * decoder.jpeg.output_scanline;
        jpeg_read_scanlines(&decoder.jpeg, &row, 1);
    }
    return true;
}

} // namespace

Result<Pixels> decode_jpeg(std::string_view bytes) {
    Decoder decoder;
    decoder.jpeg.err = jpeg_std_error(&decoder.errors);
    decoder.errors.error_exit = leave;
    decoder.errors.output_message = be_silent;
    decoder.jpeg.client_data = &decoder;
    Result<Pixels> pixels = Error(Errc::bad_structure, "");
    bool whole = read_header(decoder, bytes);
    if (whole) {
        pixels = blank_pixels(decoder.jpeg.output_width, decoder.jpeg.output_height);
        whole = !pixels.has_value() || read_rows(decoder, pixels->rgba.data());
    }
    jpeg_destroy_decompress(&decoder.jpeg);
    if (!whole) return Error(Errc::bad_structure, decoder.text.data());
    return pixels;
}

} // namespace darkroom::store
