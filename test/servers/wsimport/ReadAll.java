import com.sun.tools.ws.wscompile.WsimportTool;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads every WSDL file below a folder; prints one line each: its path, whether it is read, and what the tool says. */
public class ReadAll {
    public static void main(String[] args) throws Exception {
        Path root = Path.of(args[0]);
        Path out = Path.of(args[1]);
        List<Path> files;
        try (var found = Files.walk(root)) {
            files = found.filter(path -> path.toString().endsWith(".wsdl")).sorted().toList();
        }
        for (Path file : files) {
            Path target = Files.createTempDirectory(out, "classes");
            var log = new ByteArrayOutputStream();
            boolean isRead;
            try {
                String[] options = {"-Xnocompile", "-extension", "-s", target.toString(), "-d", target.toString(), file.toString()};
                isRead = new WsimportTool(log).run(options);
            } catch (Throwable problem) {
                isRead = false;
                log.writeBytes(problem.toString().getBytes());
            }
            System.out.println(root.relativize(file) + "\t" + isRead + "\t" + log.toString().replaceAll("\\s+", " "));
        }
    }
}
