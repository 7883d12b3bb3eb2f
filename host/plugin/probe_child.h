/* The process in which a plugin is met for the first time. [control] */
#ifndef PLUGIN_PROBE_CHILD_H
#define PLUGIN_PROBE_CHILD_H

/* `weir plugin-probe --fd N PATH`: loads PATH, registers it, checks it and writes
 * what it found to descriptor N, as plugin/probe reads it. Not for people. */
int cli_plugin_probe(int argc, char **argv);

#endif
