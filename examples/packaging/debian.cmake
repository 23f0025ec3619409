# Runs before the files of the Debian package are packed: it compresses the manual page, and adds
# the change log that Debian asks for.
set(share ${CPACK_TEMPORARY_DIRECTORY}/usr/share)
set(pages ${share}/doc/darkroom)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH, if it is set
file(WRITE ${pages}/changelog
"darkroom (${CPACK_PACKAGE_VERSION}) stable; urgency=medium

  * The changes of this version are in /usr/share/doc/darkroom/CHANGELOG.md.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
file(COPY ${CMAKE_CURRENT_LIST_DIR}/lintian/darkroom DESTINATION ${share}/lintian/overrides)
execute_process(COMMAND gzip -9 -n -f ${share}/man/man1/darkroom.1 ${pages}/changelog
  COMMAND_ERROR_IS_FATAL ANY)
file(CHMOD ${pages}/changelog.gz PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
