# Install rules. DESTDIR and the standard CMAKE_INSTALL_ variables are honoured.
include(CMakePackageConfigHelpers)

install(TARGETS ipsetkv_shared ipsetkv_static EXPORT ipsetkv)
install(TARGETS ipsetkv_tool)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ipsetkv TYPE INCLUDE)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/ipsetkv)
install(EXPORT ipsetkv NAMESPACE ipsetkv:: FILE ipsetkvTargets.cmake DESTINATION ${package_folder})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ipsetkvConfig.cmake.in
  ${PROJECT_BINARY_DIR}/ipsetkvConfig.cmake INSTALL_DESTINATION ${package_folder})
# Before 1.0 every minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ipsetkvConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ipsetkvConfig.cmake
  ${PROJECT_BINARY_DIR}/ipsetkvConfigVersion.cmake DESTINATION ${package_folder})

file(RELATIVE_PATH IPSETKV_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/ipsetkv.pc.in ${PROJECT_BINARY_DIR}/ipsetkv.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ipsetkv.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES ${PROJECT_SOURCE_DIR}/man/ipsetkv.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/completion/ipsetkv
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)

# systemd looks for units in lib, whatever the architecture's library folder is called.
foreach(unit ipsetkv.service ipsetkv-serve.service)
  configure_file(${PROJECT_SOURCE_DIR}/systemd/${unit}.in ${PROJECT_BINARY_DIR}/${unit} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${unit} DESTINATION lib/systemd/system)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/systemd/ipsetkv-serve.socket DESTINATION lib/systemd/system)
