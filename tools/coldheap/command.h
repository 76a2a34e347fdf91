/* command.h: the commands of coldheap, one file each. */
#ifndef COLDHEAP_TOOL_COMMAND_H
#define COLDHEAP_TOOL_COMMAND_H

#include "codes.h"
#include "page.h"

extern const command command_bench;
extern const command command_check;
extern const command command_convert;
extern const command command_diff;
extern const command command_list;
extern const command command_doctor;
extern const command command_prove;
extern const command command_effects;
extern const command command_symbolize;
extern const command command_top;
extern const command command_track;

#endif
