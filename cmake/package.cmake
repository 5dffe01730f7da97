# For what is installed and packed: the program, its modules and their Arrow, packs, completions, the man page, licences.
# A folder of it runs wherever it is put: the program finds its modules beside itself, and they find Arrow beside themselves.

install(TARGETS headwater RUNTIME DESTINATION bin)
get_property(modules GLOBAL PROPERTY headwater_modules)
foreach(module ${modules})
  set_target_properties(${module} PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS ${module} LIBRARY DESTINATION lib/headwater)  # relative, or --prefix would not move it
endforeach()
set(arrow_folders)
if(headwater_arrow_files)  # those of a wheel; a system's own come as its packages
  install(PROGRAMS ${headwater_arrow_files} DESTINATION lib/headwater)
  list(GET headwater_arrow_files 0 file)
  cmake_path(GET file PARENT_PATH arrow_folders)
endif()
install(DIRECTORY packs DESTINATION share/headwater FILES_MATCHING PATTERN *.yaml PATTERN *.csv)
install(FILES LICENSE README.md DESTINATION share/doc/headwater)
headwater_python()
install(CODE "execute_process(COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/share.py $<TARGET_FILE:headwater> ${HEADWATER_PYTHON} ${PROJECT_BINARY_DIR}/share
  COMMAND_ERROR_IS_FATAL ANY)")
install(DIRECTORY ${PROJECT_BINARY_DIR}/share DESTINATION .)

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_CONTACT "The makers of headwater <headwater@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Makes realistic streams of records, breaks them on purpose and knows what is in them")
set(CPACK_PACKAGE_FILE_NAME ${PROJECT_NAME}-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${arrow_folders})
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
include(CPack)
